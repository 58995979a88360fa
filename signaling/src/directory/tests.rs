use super::*;
use crate::protocol::{DisplayName, ResumeToken, VERSION};

const SECOND: Duration = Duration::from_secs(1);

/// A server in virtual time, whose codes are numbered.
struct Bench {
    directory: Directory,
    now: Instant,
}

fn code(number: u8) -> MeetingCode {
    MeetingCode::from_entropy([number; 16])
}

fn create(token: u8) -> ClientMessage {
    let token = ResumeToken::from_entropy([token; 16]);
    ClientMessage::Create { version: VERSION, name: DisplayName::new("A"), microphone: true, camera: true, token }
}

fn join(code: MeetingCode, token: u8) -> ClientMessage {
    let token = ResumeToken::from_entropy([token; 16]);
    let (link_key, last_chat) = (None, 0);
    let name = DisplayName::new("B");
    ClientMessage::Join { version: VERSION, code, name, microphone: true, camera: true, token, link_key, last_chat }
}

impl Bench {
    fn new(max_meetings: usize, codes: impl Into<Vec<u8>>) -> Self {
        let mut codes = codes.into().into_iter();
        let directory =
            Directory::new(max_meetings, move || code(codes.next().unwrap()), || LinkKey::from_entropy([1; 16]));
        Self { directory, now: Instant::now() }
    }

    fn handle(&mut self, input: Input) -> Vec<Effect> {
        self.directory.handle(self.now, input);
        std::iter::from_fn(|| self.directory.poll_effect()).collect()
    }

    fn open(&mut self, connection: u64) {
        assert_eq!(
            self.handle(Input::Opened { connection: ConnectionId(connection), address: AddressKey(connection) }),
            []
        );
    }

    fn say(&mut self, connection: u64, message: ClientMessage) -> Vec<Effect> {
        self.handle(Input::Received { connection: ConnectionId(connection), message, unix_ms: 0 })
    }

    fn close(&mut self, connection: u64) -> Vec<Effect> {
        self.handle(Input::Closed { connection: ConnectionId(connection) })
    }

    fn pass(&mut self, duration: Duration) -> Vec<Effect> {
        self.now += duration;
        self.handle(Input::Tick)
    }
}

fn refusal(connection: u64, code: ErrorCode) -> Vec<Effect> {
    let connection = ConnectionId(connection);
    vec![Effect::Send { connection, message: ServerMessage::error(code) }, Effect::Close { connection }]
}

#[test]
fn meetings_are_found_by_their_codes_only() {
    let mut bench = Bench::new(10, [1, 2]);
    for connection in 1..=4 {
        bench.open(connection);
    }
    bench.say(1, create(1));
    bench.say(2, create(2));
    assert_eq!(bench.say(3, join(code(9), 3)), refusal(3, ErrorCode::NoSuchMeeting));
    let told: Vec<_> = bench
        .say(4, join(code(2), 4))
        .into_iter()
        .map(|effect| match effect {
            Effect::Send { connection, .. } | Effect::Close { connection } => connection.0,
        })
        .collect();
    assert_eq!(told, [4, 2]);
    assert_eq!((bench.directory.meetings(), bench.directory.participants()), (2, 3));
}

#[test]
fn a_connection_enters_before_it_says_anything_else_and_once() {
    let mut bench = Bench::new(10, [1]);
    bench.open(1);
    bench.open(2);
    assert_eq!(bench.say(1, ClientMessage::Leave), refusal(1, ErrorCode::NotInMeeting));
    assert_eq!(bench.say(1, create(1)), [], "it was to be closed");
    bench.say(2, create(2));
    let message = ServerMessage::error(ErrorCode::AlreadyInMeeting);
    assert_eq!(bench.say(2, create(2)), [Effect::Send { connection: ConnectionId(2), message }]);
    assert_eq!(bench.directory.participants(), 1);
}

#[test]
fn a_connection_that_says_nothing_is_closed() {
    let mut bench = Bench::new(10, []);
    bench.open(1);
    bench.pass(SECOND);
    bench.open(2);
    assert_eq!(bench.directory.next_deadline(), Some(bench.now - SECOND + ENTRANCE_PATIENCE));
    assert_eq!(bench.pass(ENTRANCE_PATIENCE - SECOND), [Effect::Close { connection: ConnectionId(1) }]);
    assert_eq!(bench.pass(SECOND), [Effect::Close { connection: ConnectionId(2) }]);
    assert!(bench.directory.is_empty());
}

#[test]
fn a_full_server_says_so() {
    let mut bench = Bench::new(1, [1]);
    bench.open(1);
    bench.open(2);
    bench.say(1, create(1));
    assert_eq!(bench.say(2, create(2)), refusal(2, ErrorCode::ServerFull));
}

#[test]
fn a_code_that_is_in_use_is_not_given_again() {
    let mut bench = Bench::new(10, [1, 1, 1, 2]);
    bench.open(1);
    bench.open(2);
    bench.say(1, create(1));
    bench.say(2, create(2));
    assert_eq!(bench.directory.meetings(), 2);
}

#[test]
fn codes_die_with_their_meetings() {
    let mut bench = Bench::new(10, [1]);
    bench.open(1);
    bench.open(2);
    bench.say(1, create(1));
    assert_eq!(bench.say(1, ClientMessage::Leave), [Effect::Close { connection: ConnectionId(1) }]);
    bench.close(1);
    assert_eq!(bench.say(2, join(code(1), 2)), refusal(2, ErrorCode::NoSuchMeeting));
    assert!(bench.directory.is_empty());
}

#[test]
fn the_late_end_of_a_connection_that_was_replaced_does_no_harm() {
    let mut bench = Bench::new(10, [1]);
    bench.open(1);
    bench.open(2);
    bench.say(1, create(1));
    bench.say(2, join(code(1), 1));
    assert_eq!(bench.close(1), []);
    assert_eq!(bench.pass(100 * SECOND), []);
    assert_eq!((bench.directory.meetings(), bench.directory.participants()), (1, 1));
}

#[test]
fn a_lost_meeting_leaves_nothing_behind() {
    let mut bench = Bench::new(10, [1]);
    bench.open(1);
    bench.say(1, create(1));
    bench.close(1);
    let mut ticks = 0;
    while let Some(at) = bench.directory.next_deadline() {
        bench.now = at;
        bench.handle(Input::Tick);
        ticks += 1;
    }
    assert_eq!(ticks, 2, "the participant, then the meeting");
    assert!(bench.directory.is_empty());
}
