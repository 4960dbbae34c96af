use super::*;
use proptest::prelude::*;

#[test]
fn malformed_packets_are_named() {
    assert_eq!(OpusPacketInfo::parse(&[]), Err(PacketError::Empty));
    assert_eq!(OpusPacketInfo::parse(&[1, 0, 0, 0, 0, 0]), Err(PacketError::Lengths), "odd halves");
    assert_eq!(OpusPacketInfo::parse(&[2, 200, 0]), Err(PacketError::Lengths), "lies about its length");
    assert_eq!(OpusPacketInfo::parse(&[2, 252]), Err(PacketError::Lengths), "half a length");
    assert_eq!(OpusPacketInfo::parse(&[3]), Err(PacketError::Lengths), "no frame count");
    assert_eq!(OpusPacketInfo::parse(&[3, 0]), Err(PacketError::Duration), "no frames");
    assert_eq!(OpusPacketInfo::parse(&[0x1b, 3, 0, 0, 0]), Err(PacketError::Duration), "3 × 60 ms");
    assert_eq!(OpusPacketInfo::parse(&[3, 0x41, 255]), Err(PacketError::Lengths), "endless padding");
    assert_eq!(OpusPacketInfo::parse(&[3, 0x41, 9, 0]), Err(PacketError::Lengths), "more padding than bytes");
    assert_eq!(OpusPacketInfo::parse(&vec![0; 1_277]), Err(PacketError::Lengths), "a frame over 1275 bytes");
}

#[test]
fn every_configuration_has_its_duration() {
    for config in 0..32u8 {
        let toc = config << 3;
        let info = OpusPacketInfo::parse(&[toc, 0, 0, 0]).unwrap();
        assert_eq!(
            Ok(info.samples),
            opus::packet::get_nb_samples(&[toc, 0, 0, 0], 48_000).map_err(|_| ()),
            "configuration {config}"
        );
    }
}

proptest! {
    /// Where we accept, libopus agrees on the number of samples; where libopus accepts, so do we.
    #[test]
    fn agrees_with_libopus(packet in proptest::collection::vec(any::<u8>(), 1..200)) {
        let ours = OpusPacketInfo::parse(&packet).ok().map(|info| info.samples);
        let theirs = opus::packet::parse(&packet)
            .ok()
            .and_then(|_| opus::packet::get_nb_samples(&packet, 48_000).ok());
        prop_assert_eq!(ours, theirs);
    }
}
