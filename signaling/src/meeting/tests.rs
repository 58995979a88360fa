use super::*;
use crate::protocol::{
    ChatMessage, ChatText, DisplayName, LinkKey, Reaction, ResumeToken, WaitingId, WaitingPerson, WaitingRoom,
};

fn request(code: Option<MeetingCode>) -> JoinRequest {
    let token = ResumeToken::from_entropy([7; 16]);
    JoinRequest { code, name: DisplayName::new("Ana"), microphone: true, camera: true, token, link_key: None }
}

fn code() -> MeetingCode {
    MeetingCode::from_entropy([3; 16])
}

fn info(id: u32) -> ParticipantInfo {
    let name = DisplayName::new(&format!("Person {id}"));
    let (microphone, camera, reconnecting, hand) = (true, true, false, None);
    ParticipantInfo { id: ParticipantId(id), name, host: id == 1, microphone, camera, reconnecting, hand }
}

fn welcome(you: u32, participants: &[u32]) -> Input {
    Input::Received(ServerMessage::Welcome {
        version: VERSION,
        code: code(),
        you: ParticipantId(you),
        participants: participants.iter().map(|id| info(*id)).collect(),
        link_key: Some(LinkKey::from_entropy([4; 16])),
        locked: false,
        waiting_room: WaitingRoom::Off,
        waiting: Vec::new(),
    })
}

fn connect(peer: u32, role: Role) -> Effect {
    Effect::Connect { peer: ParticipantId(peer), generation: 1, role }
}

fn close(peer: u32) -> Effect {
    Effect::Close { peer: ParticipantId(peer) }
}

struct Bench {
    meeting: Meeting,
    now: Instant,
}

impl Bench {
    fn new(code: Option<MeetingCode>) -> Self {
        let now = Instant::now();
        Self { meeting: Meeting::new(request(code), now), now }
    }

    /// In the meeting as this participant, with these.
    fn joined(you: u32, participants: &[u32]) -> Self {
        let mut bench = Self::new(Some(code()));
        bench.handle(Input::Connected);
        bench.handle(welcome(you, participants));
        assert_eq!(bench.meeting.state().stage, Stage::Joined);
        bench
    }

    fn handle(&mut self, input: Input) -> Vec<Effect> {
        self.meeting.handle(self.now, input);
        std::iter::from_fn(|| self.meeting.poll_effect()).collect()
    }

    fn ids(&self) -> Vec<u32> {
        self.meeting.state().participants.iter().map(|participant| participant.info.id.0).collect()
    }
}

#[test]
fn on_a_connection_it_first_asks_to_come_in() {
    let mut bench = Bench::new(None);
    let create = |microphone| {
        let (name, token) = (DisplayName::new("Ana"), ResumeToken::from_entropy([7; 16]));
        Effect::Send(ClientMessage::Create { version: VERSION, name, microphone, camera: true, token })
    };
    assert_eq!(bench.handle(Input::Connected), [create(true)]);
    bench.handle(Input::SetMicrophone(false));
    bench.handle(Input::Disconnected);
    assert_eq!(bench.handle(Input::Connected), [create(false)], "as it is by now");
}

#[test]
fn who_opened_a_meeting_returns_to_that_one() {
    let mut bench = Bench::new(None);
    bench.handle(Input::Connected);
    bench.handle(welcome(1, &[1]));
    assert_eq!(bench.meeting.state().code, Some(code()));
    assert!(bench.meeting.state().is_host());
    assert_eq!(bench.handle(Input::Disconnected), [Effect::Changed]);
    assert_eq!(bench.meeting.state().signaling, Signaling::Away { since: bench.now });
    let effects = bench.handle(Input::Connected);
    assert!(matches!(effects[..], [Effect::Send(ClientMessage::Join { code: joined, .. })] if joined == code()));
}

#[test]
fn one_connects_with_who_was_there_and_awaits_who_comes() {
    let mut bench = Bench::new(Some(code()));
    bench.handle(Input::Connected);
    assert_eq!(
        bench.handle(welcome(3, &[1, 2, 3])),
        [connect(1, Role::Offerer), connect(2, Role::Offerer), Effect::Changed]
    );
    let joined = Input::Received(ServerMessage::ParticipantJoined { participant: info(4) });
    assert_eq!(bench.handle(joined), [Effect::Changed]);
    assert_eq!(bench.ids(), [1, 2, 3, 4]);
    let (from, generation, connection) = (ParticipantId(4), 1, 1);
    let offer = ServerMessage::Offer { from, generation, connection, sdp: "sdp".to_owned() };
    let apply = Effect::ApplyOffer { peer: from, generation, sdp: "sdp".to_owned() };
    assert_eq!(bench.handle(Input::Received(offer)), [connect(4, Role::Answerer), apply]);
    let left = Input::Received(ServerMessage::ParticipantLeft { id: from });
    assert_eq!(bench.handle(left), [close(4), Effect::Changed]);
}

#[test]
fn a_switch_during_the_entrance_is_said_after_it() {
    let mut bench = Bench::new(Some(code()));
    bench.handle(Input::Connected);
    assert_eq!(bench.handle(Input::SetCamera(false)), [Effect::Changed]);
    let state = Effect::Send(ClientMessage::MediaState { microphone: true, camera: false });
    assert!(bench.handle(welcome(1, &[1])).contains(&state));
    assert!(!bench.meeting.state().participants[0].info.camera);
    assert_eq!(bench.handle(Input::SetCamera(false)), [], "absolute: said twice it changes nothing");
}

#[test]
fn coming_back_in_time_keeps_what_is_connected() {
    let mut bench = Bench::joined(2, &[1, 2, 3]);
    bench.handle(Input::Disconnected);
    bench.handle(Input::SetCamera(false));
    bench.handle(Input::Connected);
    let effects = bench.handle(welcome(2, &[2, 3, 4]));
    assert!(effects.contains(&close(1)), "left meanwhile: {effects:?}");
    assert!(!effects.contains(&close(3)), "{effects:?}");
    assert_eq!(bench.ids(), [2, 3, 4]);
}

#[test]
fn coming_back_too_late_begins_anew() {
    let mut bench = Bench::joined(1, &[1, 2]);
    bench.handle(Input::Disconnected);
    bench.handle(Input::Connected);
    assert_eq!(bench.handle(welcome(3, &[2, 3])), [close(2), connect(2, Role::Offerer), Effect::Changed]);
    assert_eq!(bench.meeting.state().me, Some(ParticipantId(3)));
}

#[test]
fn refusals_end_it_with_the_server_s_sentence() {
    let mut bench = Bench::new(Some(code()));
    bench.handle(Input::Connected);
    let effects = bench.handle(Input::Received(ServerMessage::error(ErrorCode::MeetingFull)));
    let message = ErrorCode::MeetingFull.sentence().to_owned();
    let reason = EndReason::Refused { code: ErrorCode::MeetingFull, message: message.clone() };
    assert_eq!(reason.to_string(), message);
    assert_eq!(effects, [Effect::Changed, Effect::Ended(reason)]);

    let mut bench = Bench::joined(1, &[1]);
    bench.handle(Input::Disconnected);
    bench.handle(Input::Connected);
    let effects = bench.handle(Input::Received(ServerMessage::error(ErrorCode::NoSuchMeeting)));
    assert_eq!(effects, [Effect::Changed, Effect::Ended(EndReason::Gone)]);
}

/// A meeting of three, connected to both others, to which a server that has lost it said so.
fn forgotten() -> Bench {
    let mut bench = Bench::joined(3, &[1, 2, 3]);
    for peer in [1, 2] {
        bench.handle(path(peer, PathState::Connected));
    }
    bench.handle(Input::Disconnected);
    bench.handle(Input::Connected);
    let effects = bench.handle(Input::Received(ServerMessage::error(ErrorCode::NoSuchMeeting)));
    assert_eq!(effects, [Effect::Changed], "who is seen and heard stays so");
    bench
}

fn path(peer: u32, state: PathState) -> Input {
    Input::PathState { peer: ParticipantId(peer), generation: 1, state }
}

#[test]
fn a_call_outlives_the_server_s_memory_of_it() {
    let mut bench = forgotten();
    assert_eq!(bench.meeting.state().signaling, Signaling::Forgotten { since: bench.now });
    assert_eq!(bench.meeting.next_deadline(), None);
    bench.now += Duration::from_secs(3600);
    assert_eq!(bench.handle(Input::Disconnected), []);
    assert!(matches!(bench.handle(Input::Connected)[..], [Effect::Send(ClientMessage::Join { .. })]));
    assert_eq!(bench.handle(Input::Received(ServerMessage::error(ErrorCode::NoSuchMeeting))), []);
    assert_eq!(bench.ids(), [1, 2, 3]);
    assert_eq!(bench.handle(path(1, PathState::Failed)), [close(1), Effect::Changed], "nobody can call this one back");
    let end = [close(2), Effect::Changed, Effect::Ended(EndReason::Gone)];
    assert_eq!(bench.handle(path(2, PathState::Failed)), end);
}

#[test]
fn in_a_forgotten_meeting_a_silent_one_may_come_back_for_a_while() {
    let mut bench = forgotten();
    bench.now += Duration::from_secs(60);
    bench.handle(path(1, PathState::Disconnected));
    bench.handle(path(2, PathState::Disconnected));
    assert_eq!(bench.meeting.next_deadline(), Some(bench.now + FORGOTTEN_PATIENCE));
    bench.now += FORGOTTEN_PATIENCE / 2;
    bench.handle(path(2, PathState::Connected));
    bench.now += FORGOTTEN_PATIENCE / 2;
    assert_eq!(bench.handle(Input::Tick), [close(1), Effect::Changed]);
    assert_eq!((bench.ids(), bench.meeting.next_deadline()), (vec![2, 3], None));
}

#[test]
fn a_server_that_remembers_after_all_is_believed() {
    let mut bench = forgotten();
    bench.handle(Input::Disconnected);
    bench.handle(Input::Connected);
    let effects = bench.handle(welcome(3, &[1, 2, 3]));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Close { .. })), "{effects:?}");
    assert_eq!((bench.ids(), bench.meeting.state().signaling), (vec![1, 2, 3], Signaling::Connected));
}

#[test]
fn in_a_meeting_an_error_ends_nothing() {
    let mut bench = Bench::joined(1, &[1, 2]);
    assert_eq!(bench.handle(Input::Received(ServerMessage::error(ErrorCode::NoSuchParticipant))), []);
}

#[test]
fn leaving_closes_everything_and_nothing_follows() {
    let mut bench = Bench::joined(2, &[1, 2, 3]);
    let effects = bench.handle(Input::Leave);
    assert_eq!(
        effects,
        [Effect::Send(ClientMessage::Leave), close(1), close(3), Effect::Changed, Effect::Ended(EndReason::Left)]
    );
    for input in [Input::Connected, Input::Tick, Input::Leave, welcome(1, &[1, 2])] {
        assert_eq!(bench.handle(input), []);
    }
    assert_eq!(bench.meeting.next_deadline(), None);
}

#[test]
fn only_the_host_ends_it_for_all() {
    let mut bench = Bench::joined(2, &[1, 2]);
    assert_eq!(bench.handle(Input::EndForAll), []);
    let mut bench = Bench::joined(1, &[1, 2]);
    assert_eq!(bench.handle(Input::EndForAll), [Effect::Send(ClientMessage::EndForAll)]);
    let effects = bench.handle(Input::Received(ServerMessage::MeetingEnded));
    assert_eq!(effects, [close(2), Effect::Changed, Effect::Ended(EndReason::EndedByHost)]);
    let mut bench = Bench::joined(1, &[1]);
    bench.handle(Input::Disconnected);
    assert_eq!(bench.handle(Input::EndForAll).last(), Some(&Effect::Ended(EndReason::Left)));
}

#[test]
fn the_path_is_shown_as_it_is() {
    let mut bench = Bench::joined(2, &[1, 2]);
    let path = |bench: &Bench| bench.meeting.state().participants[0].path;
    let report = |state| Input::PathState { peer: ParticipantId(1), generation: 1, state };
    assert_eq!(path(&bench), Path::Connecting);
    assert_eq!(bench.handle(report(PathState::Connected)), [Effect::Changed]);
    assert_eq!(path(&bench), Path::Connected);
    bench.handle(report(PathState::Disconnected));
    assert_eq!(path(&bench), Path::Reconnecting { since: bench.now });
}

#[test]
fn a_server_that_says_anything_does_no_harm() {
    let mut bench = Bench::joined(5, &[1, 5]);
    for id in 0..1000 {
        bench.handle(Input::Received(ServerMessage::ParticipantJoined { participant: info(id) }));
        let from = ParticipantId(id);
        let offer = ServerMessage::Offer { from, generation: u32::MAX, connection: u32::MAX, sdp: String::new() };
        bench.handle(Input::Received(offer));
        bench.handle(Input::Received(ServerMessage::RequestOffer { from, generation: u32::MAX }));
    }
    assert!(bench.ids().len() <= limits::MAX_PARTICIPANTS);
    assert!(bench.meeting.pairs.len() < limits::MAX_PARTICIPANTS);
    bench.handle(Input::Received(ServerMessage::ParticipantLeft { id: ParticipantId(5) }));
    assert!(bench.ids().contains(&5), "one is not thrown out by a message that is meant for others");
}

mod doings;
