use super::*;

const PEER: ParticipantId = ParticipantId(7);
const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// A pair in virtual time, and what it did since it was last asked.
struct Bench {
    pair: Pair,
    now: Instant,
    effects: VecDeque<Effect>,
}

impl Bench {
    fn new(role: Role) -> Self {
        let mut bench = Self { pair: Pair::new(PEER, role), now: Instant::now(), effects: VecDeque::new() };
        bench.reachable(true);
        bench
    }

    /// A pair whose first negotiation has led to a path.
    fn connected(role: Role) -> Self {
        let mut bench = Self::new(role);
        match role {
            Role::Offerer => {
                bench.describe(1);
                bench.answer(1);
            }
            Role::Answerer => {
                bench.offer(1, 1);
                bench.describe(1);
            }
        }
        bench.path(1, PathState::Connected);
        assert_eq!(bench.pair.deadline(), None);
        bench.take();
        bench
    }

    fn take(&mut self) -> Vec<Effect> {
        self.effects.drain(..).collect()
    }

    fn reachable(&mut self, reachable: bool) {
        self.pair.set_reachable(self.now, reachable, &mut self.effects);
    }

    fn describe(&mut self, generation: u32) {
        let kind = if self.pair.role == Role::Offerer { DescriptionKind::Offer } else { DescriptionKind::Answer };
        self.pair.local_description(self.now, generation, kind, "mine".to_owned(), &mut self.effects);
    }

    fn local_candidate(&mut self, generation: u32) {
        self.pair.local_candidate(generation, candidate(), &mut self.effects);
    }

    fn remote_candidate(&mut self, generation: u32) {
        self.pair.remote_candidate(generation, candidate(), &mut self.effects);
    }

    fn offer(&mut self, generation: u32, connection: u32) {
        self.pair.offer(self.now, generation, connection, "theirs".to_owned(), &mut self.effects);
    }

    fn answer(&mut self, generation: u32) {
        self.pair.answer(self.now, generation, "theirs".to_owned(), &mut self.effects);
    }

    fn request(&mut self, generation: u32) {
        self.pair.requested(self.now, generation, &mut self.effects);
    }

    fn path(&mut self, generation: u32, state: PathState) {
        self.pair.path_state(self.now, generation, state, &mut self.effects);
    }

    /// The path fails, and time passes until something is done about it.
    fn fail(&mut self, generation: u32) -> Vec<Effect> {
        assert_eq!(self.take(), []);
        self.path(generation, PathState::Failed);
        if self.effects.is_empty() {
            let wait = self.pair.deadline().expect("a failure is not left alone") - self.now;
            self.pass(wait);
        }
        self.take()
    }

    /// Lets time pass, as the engine does: a tick at each deadline on the way.
    fn pass(&mut self, duration: Duration) {
        let until = self.now + duration;
        while let Some(at) = self.pair.deadline().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.pair.tick(self.now, &mut self.effects);
        }
        self.now = until;
    }
}

fn candidate() -> IceCandidate {
    IceCandidate { candidate: "candidate".to_owned(), sdp_mid: None, sdp_mline_index: Some(0) }
}

fn connect(generation: u32, role: Role) -> Effect {
    Effect::Connect { peer: PEER, generation, role }
}

fn restart(generation: u32) -> Effect {
    Effect::RestartIce { peer: PEER, generation }
}

fn apply_offer(generation: u32) -> Effect {
    Effect::ApplyOffer { peer: PEER, generation, sdp: "theirs".to_owned() }
}

fn apply_answer(generation: u32) -> Effect {
    Effect::ApplyAnswer { peer: PEER, generation, sdp: "theirs".to_owned() }
}

fn add_candidate(generation: u32) -> Effect {
    Effect::AddCandidate { peer: PEER, generation, candidate: candidate() }
}

fn send_offer(generation: u32, connection: u32) -> Effect {
    Effect::Send(ClientMessage::Offer { to: PEER, generation, connection, sdp: "mine".to_owned() })
}

fn send_answer(generation: u32) -> Effect {
    Effect::Send(ClientMessage::Answer { to: PEER, generation, sdp: "mine".to_owned() })
}

fn send_candidate(generation: u32) -> Effect {
    Effect::Send(ClientMessage::IceCandidate { to: PEER, generation, candidate: candidate() })
}

fn send_request(generation: u32) -> Effect {
    Effect::Send(ClientMessage::RequestOffer { to: PEER, generation })
}

#[test]
fn the_later_one_offers_at_once_and_the_earlier_one_waits() {
    let mut bench = Bench::new(Role::Offerer);
    assert_eq!(bench.take(), [connect(1, Role::Offerer)]);
    bench.describe(1);
    assert_eq!(bench.take(), [send_offer(1, 1)]);
    bench.answer(1);
    assert_eq!(bench.take(), [apply_answer(1)]);

    let mut bench = Bench::new(Role::Answerer);
    assert_eq!(bench.take(), []);
    bench.offer(1, 1);
    assert_eq!(bench.take(), [connect(1, Role::Answerer), apply_offer(1)]);
    bench.describe(1);
    assert_eq!(bench.take(), [send_answer(1)]);
}

#[test]
fn an_offer_that_does_not_come_is_asked_for() {
    let mut bench = Bench::new(Role::Answerer);
    bench.pass(OFFER_PATIENCE - MILLISECOND);
    assert_eq!(bench.take(), []);
    bench.pass(MILLISECOND);
    assert_eq!(bench.take(), [send_request(0)]);
}

#[test]
fn own_candidates_wait_for_the_own_description() {
    let mut bench = Bench::new(Role::Answerer);
    bench.offer(1, 1);
    bench.take();
    bench.local_candidate(1);
    assert_eq!(bench.take(), []);
    bench.describe(1);
    assert_eq!(bench.take(), [send_answer(1), send_candidate(1)]);
    bench.local_candidate(1);
    assert_eq!(bench.take(), [send_candidate(1)]);
}

#[test]
fn remote_candidates_wait_for_the_remote_description() {
    let mut bench = Bench::new(Role::Offerer);
    bench.describe(1);
    bench.take();
    bench.remote_candidate(1);
    bench.remote_candidate(1);
    assert_eq!(bench.take(), []);
    bench.answer(1);
    assert_eq!(bench.take(), [apply_answer(1), add_candidate(1), add_candidate(1)]);
    bench.remote_candidate(1);
    assert_eq!(bench.take(), [add_candidate(1)]);
}

#[test]
fn candidates_are_bounded_both_ways() {
    let mut bench = Bench::new(Role::Offerer);
    for _ in 0..10 * limits::MAX_CANDIDATES {
        bench.local_candidate(1);
        bench.remote_candidate(1);
    }
    bench.describe(1);
    bench.answer(1);
    bench.local_candidate(1);
    bench.remote_candidate(1);
    let effects = bench.take();
    let count = |wanted: Effect| effects.iter().filter(|effect| **effect == wanted).count();
    assert_eq!(count(send_candidate(1)), limits::MAX_CANDIDATES);
    assert_eq!(count(add_candidate(1)), limits::MAX_CANDIDATES);
}

#[test]
fn what_belongs_to_an_older_generation_is_let_pass() {
    let mut bench = Bench::connected(Role::Offerer);
    bench.path(1, PathState::Failed);
    assert_eq!(bench.take(), [restart(2)]);
    bench.describe(1);
    bench.local_candidate(1);
    bench.describe(2);
    bench.answer(1);
    bench.remote_candidate(1);
    bench.request(1);
    assert_eq!(bench.take(), [send_offer(2, 1)]);
    bench.answer(2);
    bench.answer(2);
    assert_eq!(bench.take(), [apply_answer(2)]);

    let mut bench = Bench::connected(Role::Answerer);
    bench.offer(1, 1);
    bench.offer(0, 0);
    bench.remote_candidate(0);
    assert_eq!(bench.take(), []);
}

#[test]
fn each_side_keeps_to_its_role() {
    let mut bench = Bench::connected(Role::Offerer);
    bench.offer(9, 9);
    bench.pair.local_description(bench.now, 1, DescriptionKind::Answer, String::new(), &mut bench.effects);
    assert_eq!(bench.take(), []);
    let mut bench = Bench::connected(Role::Answerer);
    bench.answer(1);
    bench.request(1);
    assert_eq!(bench.take(), []);
}

#[test]
fn a_path_that_comes_back_by_itself_is_left_alone() {
    let mut bench = Bench::connected(Role::Offerer);
    bench.path(1, PathState::Disconnected);
    assert_eq!(bench.pair.path(), Path::Reconnecting { since: bench.now });
    bench.pass(DISCONNECTED_PATIENCE - MILLISECOND);
    bench.path(1, PathState::Connected);
    assert_eq!(bench.pair.path(), Path::Connected);
    bench.pass(100 * SECOND);
    assert_eq!(bench.take(), []);
}

#[test]
fn a_lost_path_is_mended_on_the_same_connection() {
    let mut bench = Bench::connected(Role::Offerer);
    bench.path(1, PathState::Disconnected);
    bench.pass(DISCONNECTED_PATIENCE);
    assert_eq!(bench.take(), [restart(2)]);
    bench.describe(2);
    assert_eq!(bench.take(), [send_offer(2, 1)]);
    bench.answer(2);
    bench.path(2, PathState::Connected);
    assert_eq!((bench.take(), bench.pair.deadline()), (vec![apply_answer(2)], None));

    let mut bench = Bench::connected(Role::Answerer);
    bench.path(1, PathState::Disconnected);
    bench.pass(DISCONNECTED_PATIENCE);
    assert_eq!(bench.take(), [send_request(1)]);
    bench.offer(2, 1);
    assert_eq!(bench.take(), [apply_offer(2)]);
}

#[test]
fn a_failed_path_is_mended_at_once() {
    let mut bench = Bench::connected(Role::Offerer);
    bench.path(1, PathState::Failed);
    assert_eq!(bench.take(), [restart(2)]);
    let mut bench = Bench::connected(Role::Answerer);
    bench.path(1, PathState::Failed);
    assert_eq!(bench.take(), [send_request(1)]);
}

#[test]
fn only_one_negotiation_is_under_way() {
    let mut bench = Bench::connected(Role::Offerer);
    bench.path(1, PathState::Disconnected);
    bench.pass(DISCONNECTED_PATIENCE);
    assert_eq!(bench.take(), [restart(2)]);
    bench.path(1, PathState::Failed);
    bench.request(1);
    bench.path(2, PathState::Disconnected);
    bench.pass(NEGOTIATION_PATIENCE - MILLISECOND);
    assert_eq!(bench.take(), []);
    bench.pass(MILLISECOND);
    assert_eq!(bench.take(), [connect(3, Role::Offerer)], "nothing came of it, and no answer: a new connection");
}

#[test]
fn restarts_in_vain_end_in_a_new_connection_and_attempts_become_rare() {
    let mut bench = Bench::connected(Role::Offerer);
    let mut begun = Vec::new();
    let start = bench.now;
    for generation in 2..12 {
        begun.push(bench.fail(generation - 1));
        bench.describe(generation);
        bench.answer(generation);
        bench.take();
    }
    assert_eq!(begun[..4], [[restart(2)], [restart(3)], [connect(4, Role::Offerer)], [connect(5, Role::Offerer)]]);
    assert!(bench.now - start > 60 * SECOND);

    bench.path(11, PathState::Failed);
    let wait = bench.pair.deadline().unwrap() - bench.now;
    assert!(wait > 10 * SECOND && wait <= MOST_BACK_OFF, "{wait:?}");
}

#[test]
fn a_path_that_held_long_is_mended_at_once_again() {
    let mut bench = Bench::connected(Role::Offerer);
    for generation in 1..5 {
        bench.fail(generation);
        bench.describe(generation + 1);
        bench.answer(generation + 1);
        bench.take();
    }
    bench.path(5, PathState::Connected);
    bench.pass(STABLE);
    bench.take();
    bench.path(5, PathState::Failed);
    assert_eq!(bench.take(), [restart(6)]);
}

#[test]
fn what_was_lost_with_a_connection_to_the_server_is_negotiated_anew_on_return() {
    let mut bench = Bench::new(Role::Offerer);
    bench.describe(1);
    bench.take();
    bench.reachable(false);
    bench.local_candidate(1);
    bench.pass(100 * SECOND);
    assert_eq!((bench.take(), bench.pair.deadline()), (vec![], None), "nobody would hear it");
    bench.reachable(true);
    assert_eq!(bench.take(), [connect(2, Role::Offerer)]);

    let mut bench = Bench::new(Role::Answerer);
    bench.offer(1, 1);
    bench.reachable(false);
    bench.take();
    bench.describe(1);
    bench.reachable(true);
    assert_eq!(bench.take(), [], "the other side offers");
    bench.offer(2, 2);
    assert_eq!(bench.take(), [connect(2, Role::Answerer), apply_offer(2)]);
}

#[test]
fn media_that_flows_is_not_touched_by_the_loss_of_the_server() {
    for role in [Role::Offerer, Role::Answerer] {
        let mut bench = Bench::connected(role);
        bench.reachable(false);
        bench.pass(100 * SECOND);
        bench.reachable(true);
        bench.pass(100 * SECOND);
        assert_eq!(bench.take(), []);
        assert_eq!(bench.pair.path(), Path::Connected);
    }
}

#[test]
fn a_path_lost_while_the_server_is_away_is_mended_on_return() {
    let mut bench = Bench::connected(Role::Offerer);
    bench.reachable(false);
    bench.path(1, PathState::Failed);
    bench.pass(10 * SECOND);
    assert_eq!(bench.take(), []);
    bench.reachable(true);
    assert_eq!(bench.take(), [restart(2)]);
}

#[test]
fn the_other_side_s_need_counts_though_all_is_well_here() {
    let mut bench = Bench::connected(Role::Offerer);
    bench.request(1);
    assert_eq!(bench.take(), [restart(2)]);
    bench.describe(2);
    bench.answer(2);
    bench.take();
    bench.request(2);
    assert_eq!(bench.take(), [], "but not without end");
    bench.path(1, PathState::Connected);
    bench.pass(BACK_OFF);
    assert_eq!(bench.take(), [restart(3)]);
}

#[test]
fn what_an_old_connection_says_is_let_pass() {
    let mut bench = Bench::new(Role::Offerer);
    bench.path(1, PathState::Failed);
    bench.take();
    assert_eq!(bench.pair.generation, 2);
    bench.path(1, PathState::Connected);
    bench.path(3, PathState::Connected);
    assert_eq!(bench.pair.path(), Path::Connecting);
}

#[test]
fn an_offer_that_restarts_an_unknown_connection_makes_one() {
    let mut bench = Bench::connected(Role::Answerer);
    bench.offer(5, 4);
    assert_eq!(bench.take(), [connect(5, Role::Answerer), apply_offer(5)]);
    assert_eq!(bench.pair.path(), Path::Reconnecting { since: bench.now });
}
