//! Client and server over real sockets, TLS included.

#![allow(clippy::unwrap_used, reason = "in helpers of tests too, a failure is the test's")]

use futures_util::{SinkExt, StreamExt};
use nonet_signaling::client::{Client, ClientEvent, ConnectError, DisconnectReason};
use nonet_signaling::meeting::{
    Delivery, DescriptionKind, Effect, EndReason, HostControl, Input, JoinRequest, Meeting, MeetingState, Role,
    Signaling, Stage,
};
use nonet_signaling::protocol::{
    ChatText, ClientMessage, DisplayName, ErrorCode, MeetingCode, MeetingLink, ParticipantId, Security, ServerAddress,
    ServerMessage, limits,
};
use nonet_signaling::random;
use nonet_signaling::server::{Certificate, Server, ServerConfig, ServerError};
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

/// Nothing that is waited for here takes as long, unless it is broken.
const PATIENCE: Duration = Duration::from_secs(20);
const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

async fn server() -> (Server, ServerAddress) {
    server_at(ANY_PORT).await
}

async fn server_at(listen: SocketAddr) -> (Server, ServerAddress) {
    let certificate = Certificate::ephemeral().unwrap();
    let server = Server::start(ServerConfig::new(listen, Some(certificate))).await.unwrap();
    let security = Security::Pinned(server.fingerprint().unwrap());
    let address = ServerAddress::new("127.0.0.1", server.local_addr().port(), security).unwrap();
    (server, address)
}

async fn plain_server() -> (Server, ServerAddress) {
    let server = Server::start(ServerConfig::new(ANY_PORT, None)).await.unwrap();
    let address = ServerAddress::new("localhost", server.local_addr().port(), Security::Plain).unwrap();
    (server, address)
}

/// A port on which nothing listens. Where servers may listen on it meanwhile, as on Linux, it is held, so that the system gives it
/// to nobody else.
fn free_port() -> (SocketAddr, Option<TcpSocket>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(ANY_PORT).unwrap();
    (socket.local_addr().unwrap(), Some(socket).filter(|_| cfg!(target_os = "linux")))
}

/// How long something takes, without the time in which the machine has not let this thread run, on which all runs here.
async fn time_taken(something: impl Future<Output = ()>) -> Duration {
    const BETWEEN_LOOKS: Duration = Duration::from_millis(10);
    /// Longer than lies between two looks. What goes beyond is a machine that stands still.
    const MOST_BETWEEN_LOOKS: Duration = Duration::from_millis(40);
    let mut something = pin!(something);
    let (mut took, mut looked_at) = (Duration::ZERO, Instant::now());
    loop {
        let is_done = timeout(BETWEEN_LOOKS, something.as_mut()).await.is_ok();
        took += looked_at.elapsed().min(MOST_BETWEEN_LOOKS);
        looked_at = Instant::now();
        if is_done {
            return took;
        }
    }
}

/// A meeting joined with a client, as the engine joins them, without media.
struct Person {
    meeting: Meeting,
    client: Client,
    events: mpsc::Receiver<ClientEvent>,
    effects: Vec<Effect>,
    unreachable: Option<ConnectError>,
}

impl Person {
    fn new(name: &str, address: &ServerAddress, code: Option<MeetingCode>) -> Self {
        let token = random::resume_token();
        let request =
            JoinRequest { code, name: DisplayName::new(name), microphone: true, camera: true, token, link_key: None };
        let (client, events) = Client::start(address.clone());
        let meeting = Meeting::new(request, Instant::now());
        Self { meeting, client, events, effects: Vec::new(), unreachable: None }
    }

    /// In a meeting.
    async fn in_meeting(name: &str, address: &ServerAddress, code: Option<MeetingCode>) -> Self {
        let mut person = Self::new(name, address, code);
        person.until(|person| person.state().stage == Stage::Joined).await;
        person
    }

    fn state(&self) -> &MeetingState {
        self.meeting.state()
    }

    fn code(&self) -> MeetingCode {
        self.state().code.unwrap()
    }

    fn names(&self) -> Vec<&str> {
        self.state().participants.iter().map(|participant| participant.info.name.as_str()).collect()
    }

    /// What was said in the chat, as far as the server has it.
    fn texts(&self) -> Vec<&str> {
        let sent = self.state().chat.entries().iter();
        let sent = sent.filter(|entry| matches!(entry.delivery, Delivery::Sent { .. }));
        sent.map(|entry| entry.text.as_str()).collect()
    }

    fn handle(&mut self, input: Input) {
        self.meeting.handle(Instant::now(), input);
        while let Some(effect) = self.meeting.poll_effect() {
            match effect {
                Effect::Send(message) => self.client.send(message),
                effect => self.effects.push(effect),
            }
        }
    }

    async fn until(&mut self, reached: impl Fn(&Self) -> bool) {
        let wait = async {
            while !reached(self) {
                match self.events.recv().await.expect("the client runs on") {
                    ClientEvent::Connected => self.handle(Input::Connected),
                    ClientEvent::Disconnected { .. } => self.handle(Input::Disconnected),
                    ClientEvent::Received(message) => self.handle(Input::Received(message)),
                    ClientEvent::Unreachable { reason } => self.unreachable = Some(reason),
                }
            }
        };
        if timeout(PATIENCE, wait).await.is_err() {
            panic!("it did not come about: {:#?} {:?}", self.meeting.state(), self.unreachable);
        }
    }

    async fn until_names(&mut self, names: &[&str]) {
        self.until(|person| person.names() == names).await;
    }
}

/// A bare WebSocket, for what no client of ours would say.
struct Raw(tokio_tungstenite::WebSocketStream<TcpStream>);

impl Raw {
    async fn open(address: &ServerAddress) -> Self {
        let stream = TcpStream::connect((address.host(), address.port())).await.unwrap();
        let url = format!("ws://{}/signaling", address.authority());
        Self(tokio_tungstenite::client_async(url, stream).await.unwrap().0)
    }

    async fn say(&mut self, text: String) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// The next message; none when the connection is closed.
    async fn hear(&mut self) -> Option<ServerMessage> {
        timeout(PATIENCE, async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Text(text))) => return Some(ServerMessage::decode(&text).unwrap()),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                    Some(Ok(_)) => {}
                }
            }
        })
        .await
        .expect("the server answers or closes")
    }

    async fn hear_error(&mut self) -> ErrorCode {
        match self.hear().await {
            Some(ServerMessage::Error { code, .. }) => code,
            other => panic!("{other:?}"),
        }
    }

    async fn is_closed(&mut self) {
        while self.hear().await.is_some() {}
    }
}

/// Stands between client and server; its connections can be cut, or silenced as by a network that drops everything.
struct Proxy {
    address: ServerAddress,
    fault: watch::Sender<Fault>,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    Cut,
    Silence,
}

impl Proxy {
    async fn before(server: &ServerAddress) -> Self {
        let listener = TcpListener::bind(ANY_PORT).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let address = ServerAddress::new("127.0.0.1", port, server.security()).unwrap();
        let (fault, faults) = watch::channel(Fault::None);
        let target = server.port();
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let mut faults = faults.clone();
                faults.mark_unchanged();
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                        _ = faults.changed() => {
                            if *faults.borrow() == Fault::Silence {
                                // Both stay open, and nothing passes.
                                let _held = (near, far);
                                std::future::pending::<()>().await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, fault }
    }

    /// Strikes the connections that there are; later ones pass.
    fn strike(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }
}

#[tokio::test]
async fn a_meeting_over_wss_with_the_certificate_known_from_the_link() {
    let (_server, address) = server().await;
    let mut ana = Person::in_meeting("Ana", &address, None).await;
    let link: MeetingLink = address.link(ana.code(), None).to_string().parse().unwrap();
    let mut ben = Person::in_meeting("Ben", &link.server, Some(link.code)).await;
    ana.until_names(&["Ana", "Ben"]).await;
    assert_eq!(ben.names(), ["Ana", "Ben"]);

    let (peer, generation) = (ParticipantId(1), 1);
    assert!(ben.effects.contains(&Effect::Connect { peer, generation, role: Role::Offerer }));
    ben.handle(Input::LocalDescription { peer, generation, kind: DescriptionKind::Offer, sdp: "offer".to_owned() });
    let peer = ParticipantId(2);
    let apply = Effect::ApplyOffer { peer, generation, sdp: "offer".to_owned() };
    ana.until(|person| person.effects.contains(&apply)).await;
    ana.handle(Input::LocalDescription { peer, generation, kind: DescriptionKind::Answer, sdp: "answer".to_owned() });
    let apply = Effect::ApplyAnswer { peer: ParticipantId(1), generation, sdp: "answer".to_owned() };
    ben.until(|person| person.effects.contains(&apply)).await;

    ben.handle(Input::SetCamera(false));
    ana.until(|person| !person.state().participants[1].info.camera).await;
}

#[tokio::test]
async fn leaving_is_heard_at_once_though_the_client_is_dropped() {
    let (_server, address) = server().await;
    let mut ana = Person::in_meeting("Ana", &address, None).await;
    let mut ben = Person::in_meeting("Ben", &address, Some(ana.code())).await;
    ana.until_names(&["Ana", "Ben"]).await;
    ben.handle(Input::Leave);
    drop(ben);
    ana.until(|person| person.names() == ["Ana"] || person.state().participants[1].info.reconnecting).await;
    assert_eq!(ana.names(), ["Ana"]);
}

#[tokio::test]
async fn another_certificate_is_refused() {
    let (_server, address) = server().await;
    let other = Certificate::ephemeral().unwrap().fingerprint();
    let wrong = ServerAddress::new(address.host(), address.port(), Security::Pinned(other)).unwrap();
    let mut person = Person::new("Ana", &wrong, None);
    person.until(|person| person.unreachable.is_some()).await;
    let reason = person.unreachable.unwrap();
    assert_eq!(reason, ConnectError::WrongCertificate { server: wrong.authority() });
    assert!(reason.is_permanent());
}

#[tokio::test]
async fn a_certificate_of_no_authority_needs_its_fingerprint() {
    let (_server, address) = server().await;
    let without = ServerAddress::new("localhost", address.port(), Security::Authority).unwrap();
    let mut person = Person::new("Ana", &without, None);
    person.until(|person| person.unreachable.is_some()).await;
    let reason = person.unreachable.unwrap();
    assert!(
        matches!(reason, ConnectError::UntrustedCertificate { .. } | ConnectError::NoAuthorities { .. }),
        "{reason:?}"
    );
}

#[tokio::test]
async fn the_tenth_is_told_that_the_meeting_is_full() {
    let (_server, address) = server().await;
    let mut people = vec![Person::in_meeting("1", &address, None).await];
    let code = people[0].code();
    for number in 2..=9 {
        people.push(Person::in_meeting(&number.to_string(), &address, Some(code)).await);
    }
    let mut tenth = Person::new("10", &address, Some(code));
    tenth.until(|person| matches!(person.state().stage, Stage::Ended(_))).await;
    let Stage::Ended(reason) = &tenth.state().stage else { unreachable!() };
    assert!(matches!(reason, EndReason::Refused { code: ErrorCode::MeetingFull, .. }));
    assert_eq!(reason.to_string(), "The meeting is full: nine people are in it.");
    people[0].until_names(&["1", "2", "3", "4", "5", "6", "7", "8", "9"]).await;
}

#[tokio::test]
async fn a_wrong_code_is_told() {
    let (_server, address) = server().await;
    let mut person = Person::new("Ana", &address, Some(random::meeting_code()));
    person.until(|person| matches!(person.state().stage, Stage::Ended(_))).await;
    let Stage::Ended(EndReason::Refused { code, .. }) = &person.state().stage else { panic!() };
    assert_eq!(*code, ErrorCode::NoSuchMeeting);
}

#[tokio::test]
async fn a_cut_connection_comes_back_as_the_same_participant() {
    let (_server, address) = server().await;
    let proxy = Proxy::before(&address).await;
    let mut ana = Person::in_meeting("Ana", &address, None).await;
    let mut ben = Person::in_meeting("Ben", &proxy.address, Some(ana.code())).await;
    ana.until_names(&["Ana", "Ben"]).await;
    proxy.strike(Fault::Cut);
    ben.until(|person| matches!(person.state().signaling, Signaling::Away { .. })).await;
    ben.handle(Input::SetMicrophone(false));
    ana.until(|person| person.state().participants[1].info.reconnecting).await;
    ben.until(|person| person.state().signaling == Signaling::Connected).await;
    ana.until(|person| !person.state().participants[1].info.reconnecting).await;
    assert_eq!(ben.state().me, Some(ParticipantId(2)));
    assert!(!ana.state().participants[1].info.microphone, "what changed meanwhile is known");
    assert_eq!(ana.names(), ["Ana", "Ben"]);
}

#[tokio::test]
async fn what_is_said_around_a_cut_is_heard_once_and_in_order() {
    let (_server, address) = server().await;
    let proxy = Proxy::before(&address).await;
    let mut ana = Person::in_meeting("Ana", &address, None).await;
    let mut ben = Person::in_meeting("Ben", &proxy.address, Some(ana.code())).await;
    ana.until_names(&["Ana", "Ben"]).await;
    let say = |text: &str| Input::Say { text: ChatText::new(text), to: None };
    ana.handle(say("before"));
    ben.until(|person| person.texts() == ["before"]).await;
    proxy.strike(Fault::Cut);
    // Perhaps it is still taken, perhaps not; the sender cannot know.
    ben.handle(say("into the cut"));
    ben.until(|person| matches!(person.state().signaling, Signaling::Away { .. })).await;
    ben.handle(say("while away"));
    ana.handle(say("meanwhile"));
    for person in [&mut ben, &mut ana] {
        person.until(|person| person.texts().len() == 4).await;
    }
    assert_eq!(ana.texts(), ben.texts());
    let of_ben: Vec<_> = ana.texts().into_iter().filter(|text| text.contains(' ')).collect();
    assert_eq!(of_ben, ["into the cut", "while away"]);
}

#[tokio::test]
async fn who_has_to_wait_is_let_in_and_who_was_removed_waits_at_the_door() {
    let (_server, address) = server().await;
    let mut ana = Person::in_meeting("Ana", &address, None).await;
    let mut ben = Person::in_meeting("Ben", &address, Some(ana.code())).await;
    ana.until_names(&["Ana", "Ben"]).await;
    ana.handle(Input::Control(HostControl::Remove(ParticipantId(2))));
    ben.until(|person| person.state().stage == Stage::Ended(EndReason::Removed)).await;
    // Another token, the same address.
    let mut eva = Person::new("Eva", &address, Some(ana.code()));
    eva.until(|person| matches!(person.state().stage, Stage::Waiting { host_present: true, .. })).await;
    ana.until(|person| !person.state().waiting.is_empty()).await;
    let ids = ana.state().waiting.iter().map(|waiter| waiter.id).collect();
    ana.handle(Input::Control(HostControl::Admit(ids)));
    eva.until(|person| person.names() == ["Ana", "Eva"]).await;
    ana.until_names(&["Ana", "Eva"]).await;
}

#[tokio::test]
async fn a_connection_that_falls_silent_is_given_up_in_seconds() {
    let (_server, address) = server().await;
    let proxy = Proxy::before(&address).await;
    let mut ana = Person::in_meeting("Ana", &proxy.address, None).await;
    proxy.strike(Fault::Silence);
    let noticed = ana.until(|person| matches!(person.state().signaling, Signaling::Away { .. }));
    let took = time_taken(noticed).await;
    assert!(took < Duration::from_secs(9), "{took:?}");
    ana.until(|person| person.state().signaling == Signaling::Connected).await;
    assert_eq!(ana.state().me, Some(ParticipantId(1)));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_told_after_five_seconds() {
    let listener = TcpListener::bind(ANY_PORT).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let fingerprint = Certificate::ephemeral().unwrap().fingerprint();
    let address = ServerAddress::new("127.0.0.1", port, Security::Pinned(fingerprint)).unwrap();
    let mut person = Person::new("Ana", &address, None);
    let took = time_taken(person.until(|person| person.unreachable.is_some())).await;
    assert_eq!(person.unreachable, Some(ConnectError::TimedOut { server: address.authority() }));
    assert!(took < Duration::from_secs(7), "{took:?}");
}

#[tokio::test]
async fn a_server_that_comes_late_is_found() {
    let (listen, _held) = free_port();
    let address = ServerAddress::new("localhost", listen.port(), Security::Plain).unwrap();
    let mut person = Person::new("Ana", &address, None);
    person.until(|person| person.unreachable.is_some()).await;
    let reason = person.unreachable.clone().unwrap();
    assert_eq!(
        reason.to_string(),
        format!("The signaling server {} cannot be reached: nothing listens there.", address.authority())
    );
    assert!(!reason.is_permanent());
    let _server = Server::start(ServerConfig::new(listen, None)).await.unwrap();
    person.until(|person| person.state().stage == Stage::Joined).await;
}

#[tokio::test]
async fn a_port_in_use_is_said_so() {
    let (server, _) = plain_server().await;
    let error = Server::start(ServerConfig::new(server.local_addr(), None)).await.unwrap_err();
    assert!(matches!(error, ServerError::PortInUse { .. }));
    assert!(error.to_string().contains(&server.local_addr().port().to_string()), "{error}");
}

#[tokio::test]
async fn shutdown_ends_every_connection_and_frees_the_port() {
    let (listen, _held) = free_port();
    let (server, address) = server_at(listen).await;
    let mut ana = Person::in_meeting("Ana", &address, None).await;
    timeout(PATIENCE, server.shutdown()).await.expect("it does not wait for its clients");
    ana.until(|person| matches!(person.state().signaling, Signaling::Away { .. })).await;
    assert_eq!(ana.state().stage, Stage::Joined, "people stay seen and heard");
    Server::start(ServerConfig::new(listen, None)).await.unwrap();
}

#[tokio::test]
async fn dropping_the_server_ends_it_too() {
    let (server, address) = server().await;
    let mut ana = Person::in_meeting("Ana", &address, None).await;
    drop(server);
    ana.until(|person| matches!(person.state().signaling, Signaling::Away { .. })).await;
    ana.until(|person| person.unreachable.is_some()).await;
}

#[tokio::test]
async fn a_bad_message_gets_an_error_and_harms_only_its_sender() {
    let (_server, address) = plain_server().await;
    let mut ana = Person::in_meeting("Ana", &address, None).await;
    let mut raw = Raw::open(&address).await;
    raw.say("{".to_owned()).await;
    assert_eq!(raw.hear_error().await, ErrorCode::MalformedMessage);
    raw.0.send(Message::binary(vec![0, 1, 2])).await.unwrap();
    assert_eq!(raw.hear_error().await, ErrorCode::MalformedMessage);
    raw.say("x".repeat(limits::MAX_MESSAGE_BYTES + 1)).await;
    assert_eq!(raw.hear_error().await, ErrorCode::MessageTooLarge);
    raw.say(r#"{"type":"create","version":99}"#.to_owned()).await;
    assert_eq!(raw.hear_error().await, ErrorCode::UnsupportedVersion);
    // The connection is as good as before.
    let token = random::resume_token();
    let (version, name, code) = (nonet_signaling::protocol::VERSION, DisplayName::new("Raw"), ana.code());
    let (link_key, last_chat) = (None, 0);
    let join =
        ClientMessage::Join { version, code, name, microphone: false, camera: false, token, link_key, last_chat };
    raw.say(join.encode()).await;
    assert!(matches!(raw.hear().await, Some(ServerMessage::Welcome { .. })));
    raw.say("null".to_owned()).await;
    assert_eq!(raw.hear_error().await, ErrorCode::MalformedMessage);
    ana.until_names(&["Ana", "Raw"]).await;
    // But one that is beyond all measure ends it, for its sender alone.
    let _ = raw.0.send(Message::text("x".repeat(8 * limits::MAX_MESSAGE_BYTES))).await;
    raw.is_closed().await;
    ana.until(|person| person.state().participants[1].info.reconnecting).await;
    assert_eq!(ana.state().signaling, Signaling::Connected);
}

#[tokio::test]
async fn a_flood_is_cut_off() {
    let (_server, address) = plain_server().await;
    let mut ana = Person::in_meeting("Ana", &address, None).await;
    let mut raw = Raw::open(&address).await;
    for _ in 0..2000 {
        if raw.0.feed(Message::text(r#"{"type":"?"}"#)).await.is_err() {
            break;
        }
    }
    let _ = raw.0.flush().await;
    let mut last = None;
    while let Some(ServerMessage::Error { code, .. }) = raw.hear().await {
        last = Some(code);
    }
    assert_eq!(last, Some(ErrorCode::RateLimited));
    ana.handle(Input::Leave);
    assert_eq!(ana.state().stage, Stage::Ended(EndReason::Left));
}

#[tokio::test]
async fn a_client_with_too_much_to_say_begins_anew() {
    let (_server, address) = plain_server().await;
    let (client, mut events) = Client::start(address);
    let mut overloaded = false;
    timeout(PATIENCE, async {
        while let Some(event) = events.recv().await {
            match event {
                // Without a pause in between, so that nothing is written meanwhile.
                ClientEvent::Connected => (0..2000).for_each(|_| client.send(ClientMessage::Leave)),
                ClientEvent::Disconnected { reason: DisconnectReason::Overloaded } => {
                    overloaded = true;
                    break;
                }
                _ => {}
            }
        }
    })
    .await
    .unwrap();
    assert!(overloaded);
    timeout(PATIENCE, client.close()).await.unwrap();
}

#[tokio::test]
async fn health_is_told_over_http_and_seats_are_limited() {
    let config = ServerConfig { max_connections: 1, ..ServerConfig::new(ANY_PORT, None) };
    let server = Server::start(config).await.unwrap();
    let address = ServerAddress::new("127.0.0.1", server.local_addr().port(), Security::Plain).unwrap();
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok\n"), "{answer}");

    let _first = Raw::open(&address).await;
    let mut second = Person::new("Ana", &address, None);
    second.until(|person| person.unreachable.is_some()).await;
    assert!(matches!(second.unreachable, Some(ConnectError::NotASignalingServer { .. })));
}
