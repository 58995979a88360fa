//! How each connection is put together: codecs, interceptors, ICE timing, certificate, sockets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rtc::crypto::{self, SignatureScheme};
use rtc::peer_connection::certificate::CertificateParams;
use rtc::peer_connection::configuration::media_engine::{
    MIME_TYPE_FLEX_FEC03, MIME_TYPE_H264, MIME_TYPE_OPUS, MIME_TYPE_RTX,
};
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RTCRtpFecParameters, RTCRtpHeaderExtensionCapability, RTCRtpRtxParameters, RtpCodecKind,
};
use rtc::sdp::extmap::TRANSPORT_CC_URI;
use webrtc::error::Result;
use webrtc::media_stream::MediaStreamTrack;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCCertificate,
    RTCConfigurationBuilder, Registry, SettingEngineBuilder, configure_rtcp_reports,
};

use super::runtime::MeshRuntime;
use super::sender_reports::{self, SenderReports};
use super::transport::{self, TransportInterceptor, TransportLink};
use super::{MeshConfig, MeshError, key_frame_requests};
use crate::audio::audio_level;
use crate::rtp::{AUDIO_CLOCK_HZ, VIDEO_CLOCK_HZ};

const H264_PAYLOAD_TYPE: u8 = 102;
const RETRANSMISSION_PAYLOAD_TYPE: u8 = 103;
const PARITY_PAYLOAD_TYPE: u8 = 104;
const OPUS_PAYLOAD_TYPE: u8 = 111;

/// Constrained Baseline level 3.1 with several NAL units a picture: what every WebRTC stack decodes (RFC 7742 §6.2).
const H264_FORMAT: &str = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f";
/// Speech with forward error correction, and at times music in two channels, which is welcome from others too (RFC 7587 §6.1). Each
/// says this for what it receives and sends itself: who does not say it gets the same packets, which every decoder of Opus makes as
/// many channels of as it has, and goes on with packets of one channel.
const OPUS_FORMAT: &str = "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1";
/// Whose packets the stream of retransmissions carries (RFC 4588 §8.6).
const RETRANSMISSION_FORMAT: &str = "apt=102";
/// For how long parity may make up for a packet, in microseconds (draft-ietf-payload-flexible-fec-scheme-03 §5.1); as browsers
/// have it.
const PARITY_FORMAT: &str = "repair-window=10000000";

/// Connectivity checks go out this often until one succeeds, so many times.
const ICE_CHECK_INTERVAL: Duration = Duration::from_millis(20);
const ICE_CHECKS: u16 = 50;
/// A path that is silent this long is disconnected, then failed; it is probed each keep-alive.
const ICE_DISCONNECTED_AFTER: Duration = Duration::from_secs(2);
const ICE_FAILED_AFTER: Duration = Duration::from_secs(4);
const ICE_KEEP_ALIVE: Duration = Duration::from_millis(500);

/// Late retransmissions must not be taken for replays.
const SRTP_REPLAY_WINDOW: usize = 1024;

/// What all connections of a mesh share: one identity and one configuration.
pub(super) struct Stack {
    config: MeshConfig,
    certificate: RTCCertificate,
    runtime: Arc<MeshRuntime>,
}

impl Stack {
    pub fn new(config: MeshConfig) -> std::result::Result<Self, MeshError> {
        let certificate = (|| {
            let provider = crypto::default_provider().map_err(|error| error.to_string())?;
            let params = CertificateParams::new(vec!["nonet".to_owned()]).map_err(|error| error.to_string())?;
            RTCCertificate::generate(provider.crypto(), SignatureScheme::EcdsaP256Sha256, params)
                .map_err(|error| error.to_string())
        })()
        .map_err(MeshError::Certificate)?;
        let runtime = Arc::new(MeshRuntime::new(config.network.as_ref()));
        Ok(Self { config, certificate, runtime })
    }

    /// A connection with its sockets bound and its driver running on the current runtime. The state of its transport can be
    /// seen at `link`.
    pub async fn connection(
        &self,
        handler: Arc<dyn PeerConnectionEventHandler>,
        link: Arc<TransportLink>,
        sender_reports: SenderReports,
    ) -> Result<Arc<dyn PeerConnection>> {
        let transport = TransportInterceptor::new(Instant::now(), link, self.runtime.arrival_times());
        let registry = configure_rtcp_reports(Registry::new())
            .with(transport::slot(), transport)
            .with(sender_reports::slot(), sender_reports)
            .with(key_frame_requests::slot(), key_frame_requests::KeyFrameRequests::default());

        let now = Some(Duration::ZERO);
        let settings = SettingEngineBuilder::new()
            .with_ice_timeouts(Some(ICE_DISCONNECTED_AFTER), Some(ICE_FAILED_AFTER), Some(ICE_KEEP_ALIVE))
            .with_ice_connection_attempts(Some(ICE_CHECK_INTERVAL), Some(ICE_CHECKS))
            .with_host_acceptance_min_wait(now)
            .with_srflx_acceptance_min_wait(now)
            .with_prflx_acceptance_min_wait(now)
            .with_relay_acceptance_min_wait(now)
            .with_multicast_dns_mode(rtc::ice::mdns::MulticastDnsMode::Disabled)
            .with_include_loopback_candidate(self.config.loopback || self.config.loopback_only)
            .with_discard_local_candidates_during_ice_restart(true)
            .with_srtp_replay_protection_window(SRTP_REPLAY_WINDOW)
            .build();

        let configuration = RTCConfigurationBuilder::new().with_certificates(vec![self.certificate.clone()]).build();
        let connection = PeerConnectionBuilder::<SocketAddr>::new()
            .with_configuration(configuration)
            .with_media_engine(media_engine()?)
            .with_setting_engine(settings)
            .with_interceptor_registry(registry)
            .with_handler(handler)
            .with_runtime(self.runtime.clone())
            .with_udp_addrs(self.config.bind_addresses())
            .build()
            .await?;
        Ok(Arc::new(connection))
    }
}

/// What is offered, and what may be said about it.
fn media_engine() -> Result<MediaEngine> {
    let mut media_engine = MediaEngine::default();
    for (rtp_codec, payload_type, kind) in [
        (video_codec(), H264_PAYLOAD_TYPE, RtpCodecKind::Video),
        (video_clock_codec(MIME_TYPE_RTX, RETRANSMISSION_FORMAT), RETRANSMISSION_PAYLOAD_TYPE, RtpCodecKind::Video),
        (video_clock_codec(MIME_TYPE_FLEX_FEC03, PARITY_FORMAT), PARITY_PAYLOAD_TYPE, RtpCodecKind::Video),
        (audio_codec(), OPUS_PAYLOAD_TYPE, RtpCodecKind::Audio),
    ] {
        media_engine.register_codec(RTCRtpCodecParameters { rtp_codec, payload_type }, kind)?;
    }
    for parameter in ["", "pli"] {
        let feedback = RTCPFeedback { typ: "nack".to_owned(), parameter: parameter.to_owned() };
        media_engine.register_feedback(feedback, RtpCodecKind::Video);
    }
    for kind in [RtpCodecKind::Audio, RtpCodecKind::Video] {
        let feedback = RTCPFeedback { typ: "transport-cc".to_owned(), parameter: String::new() };
        media_engine.register_feedback(feedback, kind);
        let number = RTCRtpHeaderExtensionCapability { uri: TRANSPORT_CC_URI.to_owned() };
        media_engine.register_header_extension(number, kind, None)?;
    }
    let level = RTCRtpHeaderExtensionCapability { uri: audio_level::URI.to_owned() };
    media_engine.register_header_extension(level, RtpCodecKind::Audio, None)?;
    Ok(media_engine)
}

fn video_codec() -> RTCRtpCodec {
    video_clock_codec(MIME_TYPE_H264, H264_FORMAT)
}

/// Pictures, or what repairs them.
fn video_clock_codec(mime_type: &str, format: &str) -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: mime_type.to_owned(),
        clock_rate: VIDEO_CLOCK_HZ,
        sdp_fmtp_line: format.to_owned(),
        ..RTCRtpCodec::default()
    }
}

fn audio_codec() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_OPUS.to_owned(),
        clock_rate: AUDIO_CLOCK_HZ,
        channels: 2,
        sdp_fmtp_line: OPUS_FORMAT.to_owned(),
        ..RTCRtpCodec::default()
    }
}

/// Whether a negotiated codec carries media rather than repairs of it.
pub(super) fn is_media(codec: &RTCRtpCodecParameters) -> bool {
    [MIME_TYPE_H264, MIME_TYPE_OPUS].iter().any(|ours| codec.rtp_codec.mime_type.eq_ignore_ascii_case(ours))
}

/// A track to send on, with the SSRC that its packets must carry. Its id has to differ from those of the peer's tracks: the
/// stack takes what the peer says of a track, requests for key frames among it, to be about the peer's own track of that
/// id if there is one.
pub(super) fn local_track(kind: RtpCodecKind, ssrc: u32) -> Arc<TrackLocalStaticRTP> {
    let (name, codec) = match kind {
        RtpCodecKind::Audio => ("audio", audio_codec()),
        _ => ("video", video_codec()),
    };
    let is_video = kind == RtpCodecKind::Video;
    let rtx = is_video.then(|| RTCRtpRtxParameters { ssrc: rand::random() });
    let fec = is_video.then(|| RTCRtpFecParameters { ssrc: rand::random() });
    Arc::new(TrackLocalStaticRTP::new(MediaStreamTrack::new(
        "nonet".to_owned(),
        format!("{name}-{ssrc:08x}"),
        name.to_owned(),
        kind,
        vec![RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters {
                ssrc: Some(ssrc),
                rtx,
                fec,
                ..RTCRtpCodingParameters::default()
            },
            codec,
            ..RTCRtpEncodingParameters::default()
        }],
    )))
}
