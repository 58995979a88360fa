//! Somebody who uses the window as those do who cannot see it: on a message bus of a test's own the window tells what it shows, and
//! is told by name what to press.
//!
//! Stands for a desktop's session bus, its accessibility bus and the registry on it in one. Knows nothing of Nonet.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError, mpsc};
use std::time::{Duration, Instant};

use pollster::block_on;
use tempfile::TempDir;
use zbus::zvariant::OwnedObjectPath;
use zbus::{Connection, Proxy, connection, fdo, interface};

/// From one look to the next, while something is waited for.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);
const ROOT: &str = "/org/a11y/atspi/accessible/root";

/// An object on the bus: whose it is, and where.
type Object = (String, OwnedObjectPath);

/// The bus, and who listens to it. Dropping it ends it.
pub struct Assistive {
    connection: Connection,
    address: String,
    programs: Mutex<mpsc::Receiver<Object>>,
    program: OnceLock<String>,
    bus: Child,
    _folder: TempDir,
}

impl Drop for Assistive {
    fn drop(&mut self) {
        self.bus.kill().ok();
        self.bus.wait().ok();
    }
}

struct Status;

#[interface(name = "org.a11y.Status")]
impl Status {
    #[zbus(property)]
    fn is_enabled(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn screen_reader_enabled(&self) -> bool {
        true
    }
}

/// Where programs ask for the accessibility bus, which is this one.
struct Launcher(String);

#[interface(name = "org.a11y.Bus")]
impl Launcher {
    fn get_address(&self) -> &str {
        &self.0
    }
}

/// Where programs say that they are there.
struct Registry(mpsc::Sender<Object>);

#[interface(name = "org.a11y.atspi.Socket")]
impl Registry {
    fn embed(&self, plug: Object, #[zbus(connection)] bus: &Connection) -> fdo::Result<(Object,)> {
        let failed = |what: &str| fdo::Error::Failed(what.to_owned());
        self.0.send(plug).map_err(|_| failed("nobody listens"))?;
        let root = OwnedObjectPath::try_from(ROOT).map_err(|error| failed(&error.to_string()))?;
        let own_name = bus.unique_name().ok_or_else(|| failed("a bus without names"))?;
        Ok(((own_name.to_string(), root),))
    }
}

/// Something in the window.
#[derive(Clone, Debug)]
struct Node {
    path: OwnedObjectPath,
    name: String,
    states: u64,
}

impl Node {
    /// Whether that is its name, or how its name begins: `Ben, speaking`.
    fn is_called(&self, name: &str) -> bool {
        self.name.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(", "))
    }

    /// `ATSPI_STATE_CHECKED` and `ATSPI_STATE_PRESSED`.
    fn is_on(&self) -> bool {
        self.states & (1 << 4 | 1 << 20) != 0
    }

    /// `ATSPI_STATE_ENABLED`.
    fn is_enabled(&self) -> bool {
        self.states & (1 << 8) != 0
    }
}

impl Assistive {
    /// Starts a bus.
    ///
    /// # Panics
    ///
    /// When there is no message bus on this machine: `scripts/test` installs it.
    pub fn start() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let mut command = Command::new("dbus-daemon");
        command.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
        command.arg(format!("--address=unix:path={}", folder.path().join("bus").display()));
        let bus = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut bus = bus.expect("there is a dbus-daemon: scripts/test installs it");
        let mut address = String::new();
        BufReader::new(bus.stdout.take().expect("piped")).read_line(&mut address).expect("it says its address");
        let address = address.trim().to_owned();
        let (sender, programs) = mpsc::channel();
        let connection = block_on(Self::serve(&address, sender)).expect("the bus takes connections");
        Self { connection, address, programs: Mutex::new(programs), program: OnceLock::new(), bus, _folder: folder }
    }

    async fn serve(address: &str, programs: mpsc::Sender<Object>) -> zbus::Result<Connection> {
        connection::Builder::address(address)?
            .serve_at("/org/a11y/bus", Status)?
            .serve_at("/org/a11y/bus", Launcher(address.to_owned()))?
            .serve_at(ROOT, Registry(programs))?
            .name("org.a11y.Bus")?
            .name("org.a11y.atspi.Registry")?
            .build()
            .await
    }

    /// What a program needs to be found here.
    pub fn environment(&self) -> Vec<(String, String)> {
        vec![("DBUS_SESSION_BUS_ADDRESS".to_owned(), self.address.clone())]
    }

    /// Waits until something of this name is shown.
    ///
    /// # Panics
    ///
    /// When it is not, within `patience`.
    pub fn sees(&self, name: &str, patience: Duration) {
        self.find(name, patience, |_| true);
    }

    /// Waits until something of this name is on, or off.
    ///
    /// # Panics
    ///
    /// When it is not, within `patience`.
    pub fn sees_switched(&self, name: &str, on: bool, patience: Duration) {
        self.find(name, patience, |node| node.is_on() == on);
    }

    /// Presses what has this name, once it is there and can be pressed.
    ///
    /// # Panics
    ///
    /// When it does not come, within `patience`.
    pub fn presses(&self, name: &str, patience: Duration) {
        let node = self.find(name, patience, Node::is_enabled);
        let pressed: zbus::Result<bool> = block_on(async {
            let proxy = self.proxy(&node.path, "org.a11y.atspi.Action").await?;
            proxy.call("DoAction", &(0_i32,)).await
        });
        assert!(matches!(pressed, Ok(true)), "{name} cannot be pressed: {pressed:?}");
    }

    fn find(&self, name: &str, patience: Duration, is_it: impl Fn(&Node) -> bool) -> Node {
        let end = Instant::now() + patience;
        loop {
            let nodes = self.nodes(patience);
            if let Some(node) = nodes.iter().find(|node| node.is_called(name) && is_it(node)) {
                return node.clone();
            }
            if Instant::now() > end {
                let names: Vec<_> = nodes.iter().map(|node| (&node.name, node.is_on(), node.is_enabled())).collect();
                panic!(
                    "no {name} as it should be within {patience:?}; there are, with what is on and enabled: {names:?}"
                );
            }
            std::thread::sleep(LOOK_INTERVAL);
        }
    }

    /// All that is shown now.
    fn nodes(&self, patience: Duration) -> Vec<Node> {
        let program = self.program.get_or_init(|| {
            let programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
            programs.recv_timeout(patience).expect("the window says that it is there").0
        });
        block_on(async {
            let mut nodes = Vec::new();
            let mut paths = vec![OwnedObjectPath::try_from(ROOT).expect("a path")];
            while let Some(path) = paths.pop() {
                // What has gone meanwhile is not there.
                if let Ok((node, children)) = self.look(path).await {
                    nodes.push(node);
                    paths.extend(children.into_iter().filter(|(of, _)| of == program).map(|(_, path)| path));
                }
            }
            nodes
        })
    }

    async fn look(&self, path: OwnedObjectPath) -> zbus::Result<(Node, Vec<Object>)> {
        let proxy = self.proxy(&path, "org.a11y.atspi.Accessible").await?;
        let children: Vec<Object> = proxy.call("GetChildren", &()).await?;
        let name: String = proxy.get_property("Name").await?;
        let states: Vec<u32> = proxy.call("GetState", &()).await.unwrap_or_default();
        let states = states.iter().rev().fold(0, |all, part| all << 32 | u64::from(*part));
        drop(proxy);
        Ok((Node { path, name, states }, children))
    }

    async fn proxy<'a>(&'a self, path: &'a OwnedObjectPath, interface: &'static str) -> zbus::Result<Proxy<'a>> {
        let program = self.program.get().map(String::as_str).unwrap_or_default();
        let builder = zbus::proxy::Builder::<Proxy<'a>>::new(&self.connection).destination(program)?.path(path)?;
        // Each look is at what is shown now.
        builder.interface(interface)?.cache_properties(zbus::proxy::CacheProperties::No).build().await
    }
}
