//! Who gets which layer, and how many bits each layer is given: a pure function of what is wanted and what there is room for.
//!
//! Sound comes first: its share of every link and of the uplink is never given to pictures. Then each peer gets the
//! layer that suits how large it shows us and what its link takes ([`links`]), and where all together are more than the
//! uplink takes, the largest layers give way first, and those of the least important peers before others.
//!
//! One slow peer costs only itself: it moves to a smaller layer rather than take bits from everybody on the larger one. On
//! the smallest layer, where it would be left without pictures, it may take others' bits down to the least that is worth
//! sending. The previous allocation is an input, so that small changes of what is measured do not make pictures jump.
//!
//! An estimator sends less on purpose now and then, for a second at most, to see what is lost of less. Layers are chosen, and
//! bits shared, by what links take without such moments. A layer's bitrate follows them only as far as all who get it have
//! one at the same time, which is always so where one is alone. Otherwise the moment passes on that link as if there had
//! been none: nothing is learned, and losses are judged as carefully as before.

mod links;

use std::cmp::Reverse;

use super::congestion::LinkEstimate;
use super::demand::Demand;
pub use super::demand::Priority;
use super::transport::sound_header_bytes;
use crate::layer::{Layer, LayerFormat, LayerTarget, PerLayer};
use crate::rtp::PeerId;

/// Packets of sound a second.
const SOUNDS: u32 = 50;

/// Payload in a hundred bits on the wire of a video stream; the rest is headers, and room for what is sent again.
const PAYLOAD_PERCENT: u64 = 92;

/// What a link of which nothing is known yet is taken for, in bits per second.
const UNKNOWN_LINK_BPS: u32 = 1_000_000;
const UNKNOWN_LINK: LinkEstimate = LinkEstimate { momentary_bps: UNKNOWN_LINK_BPS, steady_bps: UNKNOWN_LINK_BPS };

/// Part of the uplink that must be left over for a peer to get a larger layer than it has, in percent.
const UPLINK_RESERVE_PERCENT: u64 = 10;

/// A bitrate is raised only by more than this, in percent: encoders have no use for every flicker of an estimate.
const LEAST_RAISE_PERCENT: u64 = 5;

/// Least frames per second for moving pictures.
const LEAST_FPS: u32 = 15;

/// What is known of one peer that we are connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerNeeds {
    pub peer: PeerId,
    /// How it shows our picture: in physical pixels, the size at which the whole picture is drawn, cropped parts included.
    pub demand: Demand,
    pub priority: Priority,
    /// What the link to it takes; `None` before the first estimate.
    pub estimate: Option<LinkEstimate>,
}

/// What an allocation is made from.
#[derive(Clone, Copy, Debug)]
pub struct AllocationInput<'a> {
    /// Everybody we are connected to, each once.
    pub peers: &'a [PeerNeeds],
    /// Bits per second that sound takes of each link, headers included.
    pub sound_bps: u32,
    /// Bits per second that all links together may take, headers included; `None` when only the links limit them.
    pub uplink_bps: Option<u32>,
    /// The layers that the capture has.
    pub formats: PerLayer<Option<LayerFormat>>,
    /// The largest layer that the machine can encode in time.
    pub largest: Layer,
    /// Frames per second of the capture.
    pub fps: u32,
    /// What this function returned last; empty at first.
    pub previous: &'a Allocation,
}

/// What one peer gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAllocation {
    pub peer: PeerId,
    /// `None` for no pictures.
    pub layer: Option<Layer>,
    /// What it would get with a longer uplink: that suits what it shows and what its link takes.
    pub suitable: Option<Layer>,
}

/// Who gets what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allocation {
    /// In the order of the input.
    pub peers: Vec<PeerAllocation>,
    /// What is to be encoded of each layer; `None` of those that nobody gets.
    pub targets: PerLayer<Option<LayerTarget>>,
}

impl Allocation {
    /// The layer of one peer.
    pub fn layer(&self, peer: PeerId) -> Option<Layer> {
        self.of(peer).and_then(|allocation| allocation.layer)
    }

    fn of(&self, peer: PeerId) -> Option<&PeerAllocation> {
        self.peers.iter().find(|allocation| allocation.peer == peer)
    }
}

/// Bits per second on the wire of a video stream with so many bits per second of payload.
pub fn wire_bps(payload_bps: u32) -> u64 {
    u64::from(payload_bps) * 100 / PAYLOAD_PERCENT
}

/// Bits per second on the wire of sound with so many bits per second of payload.
pub fn sound_wire_bps(payload_bps: u32) -> u32 {
    payload_bps.saturating_add(SOUNDS * sound_header_bytes() * 8)
}

/// Bits per second of video payload that fit beside so many of sound.
fn payload_bps(wire_bps: u64, sound_bps: u64) -> u64 {
    wire_bps.saturating_sub(sound_bps) * PAYLOAD_PERCENT / 100
}

/// Bits per second on the wire that a peer would be sent if its link and the uplink carried everything, its sound included.
pub fn wanted_bps(demand: Demand, formats: &PerLayer<Option<LayerFormat>>, largest: Layer, sound_bps: u32) -> u32 {
    let rungs = rungs(formats, largest, LEAST_FPS);
    let needs = PeerNeeds { peer: PeerId(0), demand, priority: Priority::Normal, estimate: None };
    let covering = links::covering(&candidate(&needs, &Allocation::default(), sound_bps), &rungs);
    let video_bps = covering.map_or(0, |place| wire_bps(rungs[place].format.max_bps));
    sound_bps.saturating_add(u32::try_from(video_bps).unwrap_or(u32::MAX))
}

/// A layer that can be sent.
#[derive(Clone, Copy, Debug)]
struct Rung {
    layer: Layer,
    format: LayerFormat,
}

impl Rung {
    fn min_bps(&self) -> u64 {
        u64::from(self.format.min_bps)
    }

    fn max_bps(&self) -> u64 {
        u64::from(self.format.max_bps)
    }
}

/// One peer on the way to its layer. Layers are places in the list of rungs.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    needs: PeerNeeds,
    previous: Option<Layer>,
    previously_suitable: Option<Layer>,
    /// Bits per second of video payload that its link takes, and at this moment.
    room_bps: u64,
    momentary_room_bps: u64,
    /// The largest that suits it; `None` for no pictures.
    suits: Option<usize>,
    given: Option<usize>,
}

/// Bits per second of video payload that all links together may take.
#[derive(Clone, Copy, Debug)]
struct Uplink {
    all_bps: u64,
    /// What is left of it for layers that peers did not have.
    for_more_bps: u64,
}

impl Uplink {
    fn new(wire_bps: Option<u32>, sound_bps: u64) -> Self {
        let payload = |percent| wire_bps.map_or(u64::MAX, |bps| payload_bps(u64::from(bps) * percent / 100, sound_bps));
        Self { all_bps: payload(100), for_more_bps: payload(100 - UPLINK_RESERVE_PERCENT) }
    }
}

/// Gives each peer its layer and each layer its bitrate and frame rate.
pub fn allocate(input: &AllocationInput<'_>) -> Allocation {
    let rungs = rungs(&input.formats, input.largest, input.fps);
    let mut candidates: Vec<Candidate> =
        input.peers.iter().map(|needs| candidate(needs, input.previous, input.sound_bps)).collect();
    links::choose(&mut candidates, &rungs);
    let uplink = Uplink::new(input.uplink_bps, u64::from(input.sound_bps) * candidates.len() as u64);
    let bitrates = share_uplink(&mut candidates, &rungs, uplink);

    let mut targets = [None; Layer::COUNT];
    for (place, rung) in rungs.iter().enumerate() {
        if candidates.iter().any(|candidate| candidate.given == Some(place)) {
            let previous = input.previous.targets[rung.layer.index()];
            let max_fps = if place == 0 { frame_rate(bitrates[place], rung, input.fps, previous) } else { input.fps };
            let momentary_bps = for_the_moment(bitrates[place], place, &candidates, rung);
            let bitrate_bps = steadied(momentary_bps, previous, rung);
            targets[rung.layer.index()] = Some(LayerTarget { bitrate_bps, max_fps });
        }
    }
    let layer = |place: Option<usize>| place.map(|place| rungs[place].layer);
    let peers = candidates
        .iter()
        .map(|Candidate { needs, given, suits, .. }| PeerAllocation {
            peer: needs.peer,
            layer: layer(*given),
            suitable: layer(*suits),
        })
        .collect();
    Allocation { peers, targets }
}

/// The layers that can be sent, from the smallest. Of a capture whose smallest is too large for the machine, that one.
fn rungs(formats: &PerLayer<Option<LayerFormat>>, largest: Layer, fps: u32) -> Vec<Rung> {
    let mut rungs: Vec<Rung> = Layer::ALL
        .into_iter()
        .filter_map(|layer| formats[layer.index()].map(|format| Rung { layer, format }))
        .collect();
    let encodable = rungs.iter().filter(|rung| rung.layer <= largest).count();
    rungs.truncate(encodable.max(1));
    if let Some(smallest) = rungs.first_mut() {
        // Fewer pictures a second take fewer bits, and they are better than none. A larger layer must be worth its bits.
        smallest.format.min_bps = smallest.format.min_bps * fps.min(LEAST_FPS) / LEAST_FPS;
    }
    rungs
}

fn candidate(needs: &PeerNeeds, previous: &Allocation, sound_bps: u32) -> Candidate {
    let previous = previous.of(needs.peer);
    let LinkEstimate { momentary_bps, steady_bps } = needs.estimate.unwrap_or(UNKNOWN_LINK);
    Candidate {
        needs: *needs,
        previous: previous.and_then(|previous| previous.layer),
        previously_suitable: previous.and_then(|previous| previous.suitable),
        room_bps: payload_bps(steady_bps.into(), sound_bps.into()),
        momentary_room_bps: payload_bps(momentary_bps.into(), sound_bps.into()),
        suits: None,
        given: None,
    }
}

/// Bits per second that everybody's pictures take.
fn used(candidates: &[Candidate], bitrates: &[u64]) -> u64 {
    candidates.iter().filter_map(|candidate| candidate.given).map(|place| bitrates[place]).sum()
}

/// Gives everybody layers up to the one that suits, as far as the uplink reaches; gives the bitrates of the layers.
///
/// In rounds from the smallest layer: all whom it suits get it, the most important first, of those alike who had it,
/// and of those the ones with room for more; then its bitrate is raised, and only if all that fits comes the next. So
/// more uplink never makes anybody's layer smaller.
fn share_uplink(candidates: &mut [Candidate], rungs: &[Rung], uplink: Uplink) -> Vec<u64> {
    let mut bitrates: Vec<u64> = rungs.iter().map(Rung::min_bps).collect();
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    'rounds: for (place, rung) in rungs.iter().enumerate() {
        let had = |candidate: &Candidate| candidate.previous >= Some(rung.layer);
        order.sort_by_key(|&index| {
            let candidate = &candidates[index];
            (Reverse((candidate.needs.priority, had(candidate), candidate.suits)), candidate.needs.peer)
        });
        for &index in &order {
            if candidates[index].suits < Some(place) {
                continue;
            }
            let before = candidates[index].given.replace(place);
            let limit_bps = if had(&candidates[index]) { uplink.all_bps } else { uplink.for_more_bps };
            if used(candidates, &bitrates) > limit_bps {
                candidates[index].given = before;
                break 'rounds;
            }
        }
        // Those who will go on to the next layer count with what that takes at least, whatever their links take: what
        // they could take more must not stand in the way of their getting there.
        let next_bps = rungs.get(place + 1).map_or(u64::MAX, Rung::min_bps);
        let most_bps = candidates
            .iter()
            .filter(|candidate| candidate.given == Some(place))
            .map(|candidate| if candidate.suits > Some(place) { next_bps } else { candidate.room_bps })
            .fold(rung.max_bps(), u64::min);
        if !raise(place, most_bps, candidates, &mut bitrates, uplink) {
            break;
        }
    }
    for (place, rung) in rungs.iter().enumerate() {
        let rooms = candidates.iter().filter(|candidate| candidate.given == Some(place)).map(|peer| peer.room_bps);
        let most_bps = rooms.fold(rung.max_bps(), u64::min);
        raise(place, most_bps, candidates, &mut bitrates, uplink);
    }
    bitrates
}

/// Raises a layer's bitrate as far as the uplink reaches; whether that was far enough.
fn raise(place: usize, most_bps: u64, candidates: &[Candidate], bitrates: &mut [u64], uplink: Uplink) -> bool {
    let getting = candidates.iter().filter(|candidate| candidate.given == Some(place)).count() as u64;
    if getting > 0 && most_bps > bitrates[place] {
        let left_bps = uplink.all_bps.saturating_sub(used(candidates, bitrates));
        bitrates[place] = most_bps.min(bitrates[place] + left_bps / getting);
    }
    getting == 0 || bitrates[place] >= most_bps
}

/// The bitrate, or less where everybody who gets the layer is to be sent less at this moment.
fn for_the_moment(bitrate_bps: u64, place: usize, candidates: &[Candidate], rung: &Rung) -> u64 {
    let getting = candidates.iter().filter(|candidate| candidate.given == Some(place));
    let most_bps = getting.map(|candidate| candidate.momentary_room_bps).max().unwrap_or_default();
    bitrate_bps.min(most_bps.max(rung.min_bps()))
}

/// The bitrate, or the previous one where that is nearly as high.
fn steadied(bitrate_bps: u64, previous: Option<LayerTarget>, rung: &Rung) -> u32 {
    let previous_bps = previous.map_or(0, |target| u64::from(target.bitrate_bps));
    let is_small_raise = previous_bps <= bitrate_bps
        && bitrate_bps * 100 <= previous_bps * (100 + LEAST_RAISE_PERCENT)
        && previous_bps >= rung.min_bps();
    let steadied = if is_small_raise { previous_bps } else { bitrate_bps };
    u32::try_from(steadied).expect("a bitrate is at most its format's")
}

/// The frame rate of the smallest layer: half, when it has so few bits that whole pictures would fall apart.
fn frame_rate(bitrate_bps: u64, rung: &Rung, fps: u32, previous: Option<LayerTarget>) -> u32 {
    let half = (fps / 2).max(LEAST_FPS.min(fps));
    let was_half = previous.is_some_and(|target| target.max_fps <= half);
    let threshold_percent = if was_half { 55 } else { 45 };
    if bitrate_bps * 100 < rung.max_bps() * threshold_percent { half } else { fps }
}

#[cfg(test)]
pub(super) mod tests;
