//! A connection to the sound server: its socket, how one introduces oneself, and messages in both directions. Every wait ends: a server
//! that does not answer is given up.

use std::ffi::CString;
use std::io::{self, BufReader, Cursor, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pulseaudio::protocol::{
    self, AuthParams, AuthReply, Command, CommandReply, Prop, Props, ProtocolError, PulseError, SetClientNameReply,
    TagStructReader,
};
use socket2::{Domain, SockAddr, Socket, Type};

/// How long the server may take to answer.
const ANSWER: Duration = Duration::from_secs(2);

/// The channel of messages that carry no sound.
const COMMANDS: u32 = u32::MAX;

/// No message is larger. A server with a hundred devices describes them in a tenth of this.
const MAX_MESSAGE_BYTES: u32 = 4 << 20;

/// A cookie's length. Who has none says so by zeros, and is known by the user that runs it.
const COOKIE_BYTES: usize = 256;

/// Why the server could not be asked.
#[derive(Debug, thiserror::Error)]
pub(in crate::audio) enum PulseFault {
    #[error("there is no sound server")]
    Absent,
    #[error("the sound server does not answer")]
    Silent,
    #[error("the sound server refused: {0}")]
    Refused(PulseError),
    #[error("the sound server is gone: {0}")]
    Gone(io::Error),
    #[error("the sound server is not understood: {0}")]
    Strange(ProtocolError),
}

impl From<io::Error> for PulseFault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::Silent,
            _ => Self::Gone(error),
        }
    }
}

impl From<ProtocolError> for PulseFault {
    fn from(error: ProtocolError) -> Self {
        match error {
            ProtocolError::Io(error) => error.into(),
            ProtocolError::ServerError(error) => Self::Refused(error),
            error => Self::Strange(error),
        }
    }
}

/// What the server sent.
#[allow(
    clippy::large_enum_variant,
    reason = "it is handled at once; a box would be an allocation for each piece of sound"
)]
pub(super) enum Message<'a> {
    /// Words. Of an answer the rest is still to be read.
    Words(u32, Command, Cursor<&'a [u8]>),
    /// Sound.
    Sound(&'a [u8]),
}

/// See the module's description.
pub(super) struct Connection {
    socket: BufReader<UnixStream>,
    version: u16,
    next_number: u32,
    message: Vec<u8>,
}

impl Connection {
    /// Connects to the server of whoever runs this program.
    pub(super) fn open() -> Result<Self, PulseFault> {
        let said = |variable: &str| std::env::var(variable).ok().filter(|value| !value.is_empty());
        Self::open_at(&socket_path(said).ok_or(PulseFault::Absent)?)
    }

    fn open_at(path: &Path) -> Result<Self, PulseFault> {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        // Before connecting, which waits where a server takes no more connections.
        socket.set_write_timeout(Some(ANSWER))?;
        socket.set_read_timeout(Some(ANSWER))?;
        socket.connect(&SockAddr::unix(path)?).map_err(|_| PulseFault::Absent)?;
        let socket = BufReader::new(UnixStream::from(std::os::fd::OwnedFd::from(socket)));
        let mut connection = Self { socket, version: protocol::MAX_VERSION, next_number: 0, message: Vec::new() };
        let cookie = pulseaudio::cookie_path_from_env().and_then(|path| std::fs::read(path).ok());
        let cookie = cookie.filter(|cookie| cookie.len() == COOKIE_BYTES).unwrap_or_else(|| vec![0; COOKIE_BYTES]);
        let version = protocol::MAX_VERSION;
        let auth = AuthParams { version, supports_shm: false, supports_memfd: false, cookie };
        let reply: AuthReply = connection.ask(&Command::Auth(auth))?;
        connection.version = version.min(reply.version);
        let mut about = Props::new();
        about.set(Prop::ApplicationName, c"Nonet");
        if let Ok(process) = CString::new(std::process::id().to_string()) {
            about.set(Prop::ApplicationProcessId, process);
        }
        let _: SetClientNameReply = connection.ask(&Command::SetClientName(about))?;
        Ok(connection)
    }

    /// Says something and waits for the answer.
    pub(super) fn ask<Reply: CommandReply>(&mut self, command: &Command) -> Result<Reply, PulseFault> {
        let (asked, version) = (self.say(command)?, self.version);
        loop {
            match self.next()? {
                Message::Words(number, Command::Reply, mut rest) if number == asked => {
                    return Ok(TagStructReader::new(&mut rest, version).read()?);
                }
                Message::Words(number, Command::Error(error), _) if number == asked => {
                    return Err(PulseFault::Refused(error));
                }
                _ => {}
            }
        }
    }

    /// Says something; gives the number that the answer will have.
    pub(super) fn say(&mut self, command: &Command) -> Result<u32, PulseFault> {
        let number = self.next_number;
        self.next_number = number.wrapping_add(1);
        let mut message = Vec::new();
        protocol::encode_command_message(&mut message, number, command, self.version)?;
        self.socket.get_mut().write_all(&message)?;
        Ok(number)
    }

    /// Another way to send on it.
    pub(super) fn sender(&self) -> io::Result<Sender> {
        self.socket.get_ref().try_clone().map(Sender)
    }

    /// The next message that is understood; others are let pass.
    pub(super) fn next(&mut self) -> Result<Message<'_>, PulseFault> {
        let channel = loop {
            let about = protocol::read_descriptor(&mut self.socket)?;
            if about.length > MAX_MESSAGE_BYTES {
                return Err(PulseFault::Strange(ProtocolError::Invalid(format!("{} bytes", about.length))));
            }
            self.message.resize(about.length as usize, 0);
            self.socket.read_exact(&mut self.message)?;
            let mut message = Cursor::new(&self.message[..]);
            if about.channel != COMMANDS {
                break None;
            }
            if let Ok((number, command)) = Command::read_tag_prefixed(&mut message, self.version) {
                break Some((number, command, message.position()));
            }
        };
        let Some((number, command, at)) = channel else { return Ok(Message::Sound(&self.message)) };
        let mut rest = Cursor::new(&self.message[..]);
        rest.set_position(at);
        Ok(Message::Words(number, command, rest))
    }

    /// From now on waits for messages as long as it takes, or until the socket that is given back is shut down.
    pub(super) fn wait_for_messages(&self) -> io::Result<UnixStream> {
        self.socket.get_ref().set_read_timeout(None)?;
        self.socket.get_ref().try_clone()
    }
}

/// Sends on a connection while somebody else waits for its messages.
pub(super) struct Sender(UnixStream);

impl Sender {
    #[cfg(test)]
    pub(super) fn new(socket: UnixStream) -> Self {
        Self(socket)
    }

    /// Sends a whole message.
    pub(super) fn send(&mut self, message: &[u8]) -> io::Result<()> {
        self.0.write_all(message)
    }
}

/// Where the server listens, by what these variables say. One on another machine is left to ALSA's plugin.
fn socket_path(said: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    if let Some(server) = said("PULSE_SERVER") {
        let path = server.strip_prefix("unix:").unwrap_or(&server);
        return path.starts_with('/').then(|| path.into());
    }
    let own = said("PULSE_RUNTIME_PATH").map(PathBuf::from);
    let folder = own.or_else(|| said("XDG_RUNTIME_DIR").map(|folder| Path::new(&folder).join("pulse")));
    folder.map(|folder| folder.join("native"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;
    use std::time::Instant;

    #[test]
    fn the_server_is_looked_for_where_the_desktop_says() {
        let path = |said: &[(&str, &str)]| {
            let said = said.to_vec();
            socket_path(move |name| said.iter().find(|said| said.0 == name).map(|said| said.1.to_owned()))
        };
        let desktop = [("XDG_RUNTIME_DIR", "/run/user/1000")];
        assert_eq!(path(&desktop), Some("/run/user/1000/pulse/native".into()));
        assert_eq!(path(&[desktop[0], ("PULSE_RUNTIME_PATH", "/run/own")]), Some("/run/own/native".into()));
        assert_eq!(path(&[desktop[0], ("PULSE_SERVER", "unix:/mnt/wslg/pulse")]), Some("/mnt/wslg/pulse".into()));
        assert_eq!(path(&[desktop[0], ("PULSE_SERVER", "tcp:desk")]), None);
        assert_eq!(path(&[]), None);
    }

    #[test]
    fn a_server_that_is_not_there_is_known_at_once_and_one_that_hangs_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("native");
        assert!(matches!(Connection::open_at(&path), Err(PulseFault::Absent)));
        let _never_accepts = UnixListener::bind(&path).unwrap();
        let began = Instant::now();
        assert!(matches!(Connection::open_at(&path), Err(PulseFault::Silent)));
        assert!(began.elapsed() >= ANSWER);
    }
}
