use super::*;
use crate::Frame;
use crate::codec::OpusPacketInfo;

fn config() -> AudioSenderConfig {
    AudioSenderConfig { first_sequence: 65_534, first_timestamp: u32::MAX - 1_000, ..Default::default() }
}

fn now() -> Instant {
    crate::testing::epoch()
}

fn tone(k: usize) -> Frame {
    std::array::from_fn(|i| ((k * FRAME_SAMPLES + i) as f32 * 0.05).sin() * 0.3)
}

#[test]
fn packets_are_spaced_by_their_packet_time_and_wrap() {
    for packet_time_us in [2_500, 5_000, 10_000, 20_000, 40_000, 60_000, 80_000, 100_000, 120_000] {
        let samples = packet_time_us * 48 / 1_000;
        let mut sender = AudioSender::new(AudioSenderConfig { packet_time_us, ..config() }).unwrap();
        let mut packets = Vec::new();
        for k in 0..120 {
            packets.extend(sender.push(now(), &tone(k), now()).unwrap());
            packets.extend(std::iter::from_fn(|| sender.next_packet().unwrap()));
        }
        assert_eq!(packets.len(), 1_200_000 / packet_time_us as usize);
        for (i, packet) in packets.iter().enumerate() {
            assert_eq!(packet.sequence, 65_534u16.wrapping_add(i as u16));
            assert_eq!(packet.timestamp, (u32::MAX - 1_000).wrapping_add(i as u32 * samples));
            let info = OpusPacketInfo::parse(&packet.payload).unwrap();
            assert_eq!(info.samples as u32, samples);
            assert_eq!(packet.marker, i == 0, "one talk spurt");
        }
    }
}

#[test]
fn wrong_settings_are_named() {
    for (config, name) in [
        (AudioSenderConfig { packet_time_us: 30_000, ..config() }, "packet_time_us"),
        (AudioSenderConfig { bitrate_bps: 5_999, ..config() }, "bitrate_bps"),
        (AudioSenderConfig { complexity: 11, ..config() }, "complexity"),
        (AudioSenderConfig { payload_type: 128, ..config() }, "payload_type"),
    ] {
        match AudioSender::new(config) {
            Err(SenderError::Config { name: found, .. }) => assert_eq!(found, name),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn muting_sends_silence_and_keeps_time() {
    let mut sender = AudioSender::new(config()).unwrap();
    let (mut loud, mut quiet, mut last) = (0, 0, None);
    for k in 0..400 {
        sender.set_muted(k >= 200);
        let Some(packet) = sender.push(now(), &tone(k), now()).unwrap() else { continue };
        if let Some(last) = last {
            assert_eq!(packet.timestamp.wrapping_sub(last), 960);
        }
        last = Some(packet.timestamp);
        match k {
            0..200 => loud += packet.payload.len(),
            220.. => quiet += packet.payload.len(),
            _ => {}
        }
        assert_eq!(sender.level_dbov() == 127, k > 200, "frame {k}");
    }
    assert!(quiet * 2 < loud, "silence is small: {quiet} bytes to {loud}");
}

/// What a decoder makes of all packets of a sender that is muted from 1 s to 2 s of natural rhythm, and the packets.
fn muted_for_a_second(packet_time_us: u32, skip: bool) -> (Vec<f32>, Vec<RtpPacket>) {
    let mut sender = AudioSender::new(AudioSenderConfig { packet_time_us, ..config() }).unwrap();
    let mut decoder = crate::codec::OpusDecoder::new().unwrap();
    let mut speech = crate::testing::Speech::new(3);
    let (mut heard, mut packets) = (Vec::new(), Vec::new());
    let mut out = [0.0; 5_760];
    for k in 0..360 {
        sender.set_muted((100..240).contains(&k));
        if !skip {
            sender.quiet = Quiet::default();
        }
        let mut ready = sender.push(now(), &speech.frame(), now()).unwrap();
        while let Some(packet) = ready {
            let n = decoder.decode(&packet.payload, &mut out).unwrap();
            heard.extend_from_slice(&out[..n]);
            packets.push(packet);
            ready = sender.next_packet().unwrap();
        }
    }
    (heard, packets)
}

#[test]
fn a_muted_second_costs_no_encoding_and_what_follows_is_heard_as_if_it_had() {
    let mut speech = crate::testing::Speech::new(3);
    let spoken: Vec<f32> = (0..360).flat_map(|_| speech.frame()).collect();
    let lag = AudioSender::new(config()).unwrap().lookahead_samples();
    for packet_time_us in [2_500, 5_000, 10_000, 20_000, 40_000, 60_000, 120_000] {
        let packet_time_ms = f64::from(packet_time_us) / 1e3;
        let (heard, packets) = muted_for_a_second(packet_time_us, true);
        let (wanted, encoded) = muted_for_a_second(packet_time_us, false);
        assert_eq!(heard.len(), wanted.len(), "{packet_time_ms} ms");
        let small = |packets: &[RtpPacket]| packets.iter().filter(|packet| packet.payload.len() < 15).count();
        // 140 frames less the 20 that settle, and what fills no packet.
        assert!(
            // Packets under 10 ms are small anyway.
            packet_time_us < 10_000
                || (small(&packets) - small(&encoded)) * packet_time_us as usize >= 1_000_000,
            "{packet_time_ms} ms: {} and {}",
            small(&packets),
            small(&encoded)
        );
        for packet in &packets {
            assert_eq!(
                OpusPacketInfo::parse(&packet.payload).unwrap().samples as u32,
                packet_time_us * 48 / 1_000,
                "a packet is as long as its packet time"
            );
        }
        let level = |sound: &[f32]| (sound.iter().map(|s| s * s).sum::<f32>() / sound.len() as f32).sqrt();
        let ms = |ms: usize| ms * 48;
        assert!(level(&heard[ms(1_400)..ms(2_380)]) < 1e-5, "{packet_time_ms} ms: silence is silent");
        // From where it speaks again there is as little noise in it as ever.
        let noise = |heard: &[f32]| {
            let range = ms(2_390)..ms(2_600);
            let off: Vec<_> = heard[range.start + lag..range.end + lag]
                .iter()
                .zip(&spoken[range.clone()])
                .map(|(heard, spoken)| heard - spoken)
                .collect();
            level(&off) / level(&spoken[range])
        };
        let (apart, usual) = (noise(&heard), noise(&wanted));
        assert!(usual < 0.9 && apart < 1.1 * usual, "{packet_time_ms} ms: {apart}, else {usual}");
    }
}

#[test]
fn dtx_announces_silence_then_refreshes_it_and_marks_the_next_spurt() {
    let mut sender = AudioSender::new(AudioSenderConfig { dtx: true, ..config() }).unwrap();
    let mut sent = Vec::new();
    for k in 0..600 {
        sender.set_muted((100..500).contains(&k));
        if let Some(packet) = sender.push(now(), &tone(k), now()).unwrap() {
            sent.push((k, packet));
        }
    }
    let in_silence = sent.iter().filter(|(k, _)| (150..500).contains(k)).count();
    assert!((5..=25).contains(&in_silence), "a refresh every 400 ms in 3.5 s: {in_silence}");
    assert!(sent.iter().any(|(_, packet)| packet.payload.len() <= DTX_PAYLOAD), "silence is announced");
    let (k, _) = sent.iter().rfind(|(_, packet)| packet.marker).unwrap();
    assert!((498..504).contains(k), "the marker is where the silence ends: {k}");
    for pair in sent.windows(2) {
        assert_eq!(pair[1].1.sequence, pair[0].1.sequence.wrapping_add(1), "no sequence number is skipped");
    }
    assert!(sender.stats().packets_suppressed > 100);
}

#[test]
fn samples_that_are_no_numbers_do_not_stay() {
    let mut sender = AudioSender::new(config()).unwrap();
    sender.push(now(), &[f32::NAN; FRAME_SAMPLES], now()).unwrap();
    sender.push(now(), &[f32::INFINITY; FRAME_SAMPLES], now()).unwrap();
    let mut decoder = crate::codec::OpusDecoder::new().unwrap();
    let (mut out, mut energy) = ([0.0; 5_760], 0.0);
    for k in 0..100 {
        if let Some(packet) = sender.push(now(), &tone(k), now()).unwrap() {
            let n = decoder.decode(&packet.payload, &mut out).unwrap();
            energy = out[..n].iter().map(|s| s * s).sum::<f32>() / n as f32;
        }
    }
    assert!((0.02..0.08).contains(&energy), "{energy}");
}

#[test]
fn expected_loss_brings_redundancy() {
    let mut sender = AudioSender::new(config()).unwrap();
    let mut speech = crate::testing::Speech::new(7);
    let mut share = |sender: &mut AudioSender| {
        let (mut fec, mut all) = (0, 0);
        for _ in 0..1_000 {
            if let Some(packet) = sender.push(now(), &speech.frame(), now()).unwrap() {
                all += 1;
                fec += usize::from(OpusPacketInfo::parse(&packet.payload).unwrap().has_fec);
            }
        }
        fec as f64 / f64::from(all)
    };
    assert!(share(&mut sender) < 0.01, "no loss, no redundancy");
    sender.set_expected_loss(15);
    let with = share(&mut sender);
    assert!(with > 0.4, "{with}");
}

#[test]
fn each_packet_tells_its_level_and_whether_somebody_speaks() {
    let mut sender = AudioSender::new(config()).unwrap();
    let mut speech = crate::testing::Speech::new(5);
    let mut told = Vec::new();
    for k in 0..600 {
        sender.set_muted(k >= 400);
        let packet = sender.push(now(), &speech.frame(), now()).unwrap();
        told.extend(packet.map(|packet| packet.audio_level.unwrap()));
    }
    let spoken = &told[50..200];
    let voices = spoken.iter().filter(|level| level.voice).count();
    assert!(voices > 100, "{voices} of 150 packets of speech");
    assert!(spoken.iter().any(|level| level.dbov < 35), "it is heard");
    assert!(told[250..].iter().all(|level| *level == AudioLevel { dbov: 127, voice: false }), "muted");
}
