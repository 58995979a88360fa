//! A network of several machines within this one: network namespaces of the kernel's, joined by a bridge. Processes and threads that
//! are started at such a machine know no other network.
//!
//! All of it is held by open files alone, so that nothing of it outlives the process.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::process::Command;

use nix::sched::{CloneFlags, setns, unshare};

/// A network and the machines in it.
#[derive(Debug)]
pub struct Network {
    _bridge: Namespace,
    machines: Vec<Machine>,
}

/// A machine with an address of its own.
#[derive(Debug)]
pub struct Machine {
    namespace: Namespace,
    /// Such as `10.77.0.1`.
    pub address: String,
}

#[derive(Debug)]
struct Namespace(File);

impl Network {
    /// A network of so many machines; else why there can be none, which is mostly that only root may make one.
    ///
    /// # Errors
    ///
    /// When this process may not make one, or this system cannot.
    pub fn of(machines: usize) -> Result<Self, String> {
        let bridge = Namespace::new().map_err(|error| format!("no network can be made here: {error}"))?;
        bridge.at(|| {
            ip("link add bridge type bridge")?;
            ip("link set bridge up")
        })?;
        let machines = (1..=machines)
            .map(|number| {
                let namespace = Namespace::new().map_err(|error| error.to_string())?;
                let address = format!("10.77.0.{number}");
                let there = format!("/proc/{}/fd/{}", std::process::id(), namespace.0.as_raw_fd());
                bridge.at(|| {
                    ip(&format!("link add port{number} type veth peer name eth0 netns {there}"))?;
                    ip(&format!("link set port{number} master bridge up"))
                })?;
                namespace.at(|| {
                    ip("link set lo up")?;
                    ip(&format!("address add {address}/24 brd + dev eth0"))?;
                    ip("link set eth0 up")
                })?;
                Ok(Machine { namespace, address })
            })
            .collect::<Result<_, String>>()?;
        Ok(Self { _bridge: bridge, machines })
    }

    /// The machine of this number, from 0.
    pub fn machine(&self, number: usize) -> &Machine {
        &self.machines[number]
    }
}

impl Machine {
    /// Plugs its cable in or out.
    ///
    /// # Errors
    ///
    /// When the system does not do it.
    pub fn plug(&self, is_in: bool) -> Result<(), String> {
        self.at(|| ip(if is_in { "link set eth0 up" } else { "link set eth0 down" }))
    }

    /// Does something on this machine: threads and processes that are started meanwhile stay there.
    pub fn at<T: Send>(&self, act: impl FnOnce() -> T + Send) -> T {
        self.namespace.at(act)
    }
}

impl Namespace {
    fn new() -> io::Result<Self> {
        apart(|| {
            unshare(CloneFlags::CLONE_NEWNET)?;
            File::open("/proc/thread-self/ns/net").map(Self)
        })
    }

    fn at<T: Send>(&self, act: impl FnOnce() -> T + Send) -> T {
        apart(|| {
            setns(&self.0, CloneFlags::CLONE_NEWNET).expect("who could make it may go there");
            act()
        })
    }
}

/// On a thread of its own, since a thread that has gone to another network does not come back.
fn apart<T: Send>(act: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(act).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
}

fn ip(words: &str) -> Result<(), String> {
    let output =
        Command::new("ip").args(words.split(' ')).output().map_err(|error| format!("there is no ip: {error}"))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("ip {words}: {}", String::from_utf8_lossy(&output.stderr).trim()))
    }
}
