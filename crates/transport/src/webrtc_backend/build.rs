//! One peer connection of the library, set up as the measurements say.

use std::sync::Arc;
use std::time::Duration;

use rtc::interceptor::{Registry, Slot};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::{
    MIME_TYPE_OPUS, MIME_TYPE_TELEPHONE_EVENT, MediaEngine,
};
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RTCRtpHeaderExtensionCapability, RtpCodecKind,
};
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, RTCConfiguration, RTCConfigurationBuilder, RTCIceServer,
    SettingEngine, SettingEngineBuilder,
};

use super::connection::{Handler, WebrtcConnection, library};
use super::runtime::DriverRuntime;
use super::tap::{ABS_SEND_TIME, AUDIO_LEVEL, Tap, Tapped};
use super::{WebrtcBackend, addresses};
use crate::config::AudioParameters;
use crate::connection::{Connection, Events};
use crate::sdp::TRANSPORT_WIDE;
use crate::wire::Wire;
use crate::{SessionConfig, TransportError};

/// Checks on every path are sent in this interval: with the library's 200 ms a setup takes as long.
const CHECK_INTERVAL: Duration = Duration::from_millis(20);
/// Checks go on for as long as the watchdog waits at most; it, not the library, gives up on an attempt. A path whose
/// checks are used up still answers those of the peer.
const CHECKS: u16 = 400;
/// Only shown in the library's state; nothing follows from it.
const DISCONNECTED: Duration = Duration::from_secs(5);
/// Never: the session's owner decides when a silent peer is gone.
const FAILED: Duration = Duration::ZERO;
/// Consent (RFC 7675) is asked for this often: four questions fit into the silence that counts as an interruption.
const CONSENT: Duration = Duration::from_millis(700);

/// Payload types that are offered, those that browsers offer.
const RED: u8 = 63;
const TELEPHONE_EVENT: u8 = 110;

pub(super) fn check(config: &SessionConfig) -> Result<(), TransportError> {
    let refuse = |why: String| Err(TransportError::Config(why));
    let audio = config.audio;
    if !(96..=127).contains(&audio.payload_type) {
        return refuse(format!("payload type {} is not dynamic (96 to 127)", audio.payload_type));
    }
    if audio.telephone_event && audio.payload_type == TELEPHONE_EVENT {
        return refuse(format!("payload type {TELEPHONE_EVENT} is that of telephone events"));
    }
    if audio.ssrc == 0 {
        return refuse("the SSRC must not be 0".into());
    }
    if config.advertise.is_some_and(|address| address.port() == 0 || address.ip().is_unspecified()) {
        return refuse("the advertised address needs a concrete address and a port".into());
    }
    if config.ice_servers.len() > 8 {
        return refuse(format!("{} ICE servers are more than 8", config.ice_servers.len()));
    }
    for server in &config.ice_servers {
        for url in &server.urls {
            let known = url.starts_with("stun:") || url.starts_with("turn:");
            if !known || url.contains("transport=tcp") || url.len() > 256 {
                return refuse(format!("the ICE server {url} is not stun: or turn: over UDP"));
            }
            if url.starts_with("turn:") && (server.username.is_empty() || server.credential.is_empty()) {
                return refuse(format!("the ICE server {url} needs a user name and a credential"));
            }
        }
    }
    Ok(())
}

fn settings() -> SettingEngine {
    SettingEngineBuilder::new()
        .with_ice_connection_attempts(Some(CHECK_INTERVAL), Some(CHECKS))
        .with_ice_timeouts(Some(DISCONNECTED), Some(FAILED), Some(CONSENT))
        // The best path that works is taken, with little waiting for a better kind.
        .with_host_acceptance_min_wait(Some(Duration::ZERO))
        .with_prflx_acceptance_min_wait(Some(Duration::from_millis(40)))
        .with_srflx_acceptance_min_wait(Some(Duration::from_millis(100)))
        .with_relay_acceptance_min_wait(Some(Duration::from_millis(400)))
        .with_multicast_dns_mode(rtc::ice::mdns::MulticastDnsMode::Disabled)
        .build()
}

fn opus() -> RTCRtpCodec {
    codec(MIME_TYPE_OPUS, 2)
}

/// Format parameters are written and read by `sdp`: the library would refuse a codec over one that differs.
fn codec(mime_type: &str, channels: u16) -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: mime_type.to_owned(),
        clock_rate: 48_000,
        channels,
        sdp_fmtp_line: String::new(),
        rtcp_feedback: vec![RTCPFeedback { typ: "transport-cc".to_owned(), parameter: String::new() }],
    }
}

fn codecs(audio: AudioParameters) -> Vec<RTCRtpCodecParameters> {
    let mut codecs = vec![(opus(), audio.payload_type)];
    if audio.red {
        codecs.push((codec("audio/red", 2), RED));
    }
    if audio.telephone_event {
        let event = RTCRtpCodec { rtcp_feedback: vec![], ..codec(MIME_TYPE_TELEPHONE_EVENT, 0) };
        codecs.push((event, TELEPHONE_EVENT));
    }
    codecs
        .into_iter()
        .map(|(rtp_codec, payload_type)| RTCRtpCodecParameters { rtp_codec, payload_type })
        .collect()
}

fn media_engine(audio: AudioParameters) -> Result<MediaEngine, TransportError> {
    let mut engine = MediaEngine::default();
    for codec in codecs(audio) {
        engine.register_codec(codec, RtpCodecKind::Audio).map_err(library)?;
    }
    let level = audio.audio_level.then_some(AUDIO_LEVEL);
    for uri in [TRANSPORT_WIDE, ABS_SEND_TIME].into_iter().chain(level) {
        let extension = RTCRtpHeaderExtensionCapability { uri: uri.to_owned() };
        engine.register_header_extension(extension, RtpCodecKind::Audio, None).map_err(library)?;
    }
    Ok(engine)
}

fn configuration(config: &SessionConfig) -> RTCConfiguration {
    let ice_servers = config
        .ice_servers
        .iter()
        .map(|server| RTCIceServer {
            urls: server.urls.clone(),
            username: server.username.clone(),
            credential: server.credential.clone(),
        })
        .collect();
    RTCConfigurationBuilder::new().with_ice_servers(ice_servers).build()
}

fn track(audio: AudioParameters, cname: &str) -> MediaStreamTrack {
    // The library takes the stream's name for the CNAME.
    MediaStreamTrack::new(
        cname.to_owned(),
        "audio".into(),
        "audio".into(),
        RtpCodecKind::Audio,
        vec![RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters {
                ssrc: Some(audio.ssrc),
                ..RTCRtpCodingParameters::default()
            },
            codec: opus(),
            ..RTCRtpEncodingParameters::default()
        }],
    )
}

/// With all our formats: from the track's codec alone the library would conclude that no other is wanted.
async fn add_audio(
    peer: &dyn PeerConnection,
    track: Arc<TrackLocalStaticRTP>,
    audio: AudioParameters,
) -> rtc::shared::error::Result<()> {
    peer.add_track(track as Arc<dyn TrackLocal>).await?;
    for transceiver in peer.get_transceivers().await {
        transceiver.set_codec_preferences(codecs(audio)).await?;
    }
    Ok(())
}

pub(super) async fn connect(
    backend: &WebrtcBackend,
    events: Events,
) -> Result<Arc<dyn Connection>, TransportError> {
    let config = &backend.config;
    // Looked up anew each time: the network may have changed since.
    let addresses = addresses::resolve(&config.bind)?;
    let wire = Wire::new(Arc::clone(&backend.outgoing), !config.ice_servers.is_empty());
    let tapped = Arc::new(Tapped::default());
    let tap = Tap::new(
        Arc::clone(&tapped),
        Arc::clone(&wire),
        Arc::clone(&backend.outgoing),
        Arc::clone(&backend.reporter),
        Arc::clone(&backend.feedback),
        Arc::clone(&config.incoming),
    );
    #[cfg_attr(not(test), expect(unused_mut, reason = "a test listens for the driver"))]
    let mut runtime = DriverRuntime::new(backend.handle.clone(), Arc::clone(&wire), events.clone());
    #[cfg(test)]
    {
        runtime.drivers = Arc::clone(&backend.drivers);
    }
    let peer = PeerConnectionBuilder::new()
        .with_configuration(configuration(config))
        .with_setting_engine(settings())
        .with_media_engine(media_engine(config.audio)?)
        .with_interceptor_registry(Registry::new().with(Slot::from(500), tap))
        .with_runtime(Arc::new(runtime))
        .with_handler(Arc::new(Handler::new(events)))
        .with_udp_addrs(addresses)
        .build()
        .await
        .map_err(library)?;
    let connection = WebrtcConnection::new(
        Arc::new(peer) as Arc<dyn PeerConnection>,
        wire,
        tapped,
        config.advertise,
        config.audio,
    );
    let track = Arc::new(TrackLocalStaticRTP::new(track(config.audio, &backend.cname)));
    if let Err(error) = add_audio(connection.peer(), track, config.audio).await {
        connection.close().await;
        return Err(library(error));
    }
    Ok(Arc::new(connection))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::IceServer;
    use crate::session::RtpSink;

    struct Nowhere;

    impl RtpSink for Nowhere {
        fn on_rtp(&self, _: std::time::Instant, _: crate::RtpPacket) {}
    }

    #[test]
    fn a_configuration_that_cannot_work_says_why() {
        let good = SessionConfig::new(true, AudioParameters::new(1), Arc::new(Nowhere));
        assert_eq!(check(&good), Ok(()));
        let bad = |change: fn(&mut SessionConfig)| {
            let mut config = good.clone();
            change(&mut config);
            check(&config).expect_err("refused").to_string()
        };
        assert!(bad(|config| config.audio.payload_type = 8).contains("payload type 8"));
        assert!(bad(|config| config.audio.ssrc = 0).contains("SSRC"));
        assert!(bad(|config| config.advertise = "0.0.0.0:1".parse().ok()).contains("advertised"));
        assert!(bad(|config| config.advertise = "1.2.3.4:0".parse().ok()).contains("advertised"));
        let server = |url: &str| IceServer { urls: vec![url.into()], ..IceServer::default() };
        let mut config = good.clone();
        for (url, named) in [
            ("stuns:a:5349", "stuns:a"),
            ("turn:a?transport=tcp", "over UDP"),
            ("turn:a:3478", "credential"),
            ("http://a", "stun: or turn:"),
        ] {
            config.ice_servers = vec![server(url)];
            let error = check(&config).expect_err("refused").to_string();
            assert!(error.contains(named), "{error}");
        }
        config.ice_servers = vec![server("stun:a:3478")];
        assert_eq!(check(&config), Ok(()));
    }
}
