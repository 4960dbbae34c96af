//! Why a call ended: the `code` and `subCode` of the ACS public API.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a call ended. `code` follows SIP's response codes; `sub_code` tells cases apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndReason {
    /// 0, or 400 to 699.
    pub code: u16,
    /// Which case of the code.
    pub sub_code: u32,
}

macro_rules! reasons {
    ($($name:ident = $code:literal / $sub:literal, $text:literal;)*) => {
        impl EndReason {
            $(
                #[doc = $text]
                pub const $name: Self = Self { code: $code, sub_code: $sub };
            )*

            /// Every reason this product gives, with its name and text, in the order of the table in the README.
            pub const ALL: &'static [(&'static str, Self, &'static str)] =
                &[$((stringify!($name), Self::$name, $text)),*];
        }
    };
}

reasons! {
    HUNG_UP = 0/0, "Somebody hung up.";
    ABRUPT = 0/4521, "The app at one end closed in the middle of the call.";
    REMOVED = 0/5000, "A participant was removed from the call.";
    ENDED_FOR_ALL = 0/4097, "The call was ended for everybody.";
    BAD_REQUEST = 400/0, "The invitation was malformed or too large. Correct it before calling again.";
    NO_CALL_SCOPE = 401/10009, "The token does not allow calls. Ask your backend for one with the scope voip.";
    FEDERATION_RESOURCE_REFUSED = 403/5222, "The organisation does not accept calls from this resource. Its administrator can allow the resource.";
    FEDERATION_REFUSED = 403/5223, "This person cannot be called from this resource. The organisation's administrator can say why.";
    TOO_MANY_DEVICES = 403/10011, "Too many devices of this user are signed in. Sign out on one of them.";
    SETUP_TIMEOUT = 408/4506, "The service did not answer the invitation in time. Check the connection and call again.";
    NO_RESPONSE = 408/10057, "The service could not decide about the call in time. Call again.";
    ID_IN_USE = 409/0, "The call's id is already in use. Call again with a fresh id.";
    NETWORK_SETUP = 410/3100, "The call could not be set up because of the network.";
    NETWORK_LOST = 410/3112, "A participant's connection to the service was gone for too long.";
    MEDIA_LOST = 410/301004, "No sound arrived for too long: the other side or the network is gone.";
    MEDIA_NOT_ESTABLISHED = 410/301005, "The sound connection could not be set up. Check firewalls for UDP between the two sides.";
    NO_SUCH_CALL = 481/0, "The service does not know this call; it may be over.";
    TOO_MANY_CALLS = 486/10010, "Too many calls at once. End one before starting another.";
    BUSY = 486/560486, "The other side is busy.";
    UNREACHABLE = 480/10037, "The other side is not signed in on any device.";
    OFFLINE = 480/10076, "The other side's devices could not be reached.";
    CANCELLED = 487/0, "The caller cancelled before anybody answered.";
    ANSWERED_ELSEWHERE = 487/10003, "The call was answered on another device.";
    NO_ANSWER = 487/10004, "Nobody answered in time.";
    DECLINED_BY_ALL = 487/10024, "Every device of the other side declined.";
    MERGED = 487/540487, "Both sides called each other at once; the two calls became one.";
    CALL_TOKEN_REFUSED = 495/4507, "The token was refused in the middle of the call. Renew it and call again.";
    OWN_OFFLINE = 496/7, "This device is offline. Check its network.";
    DECLINED = 603/0, "The other side declined.";
}

impl EndReason {
    /// One sentence for people: what happened and, where something can be done, what. Never empty.
    pub fn text(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, reason, _)| *reason == self)
            .map_or("The call ended for a reason that this version does not know.", |(_, _, text)| text)
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}: {}", self.code, self.sub_code, self.text())
    }
}

impl fmt::Debug for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EndReason({}/{})", self.code, self.sub_code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_told_apart_and_says_something() {
        let mut seen = std::collections::BTreeSet::new();
        for (name, reason, text) in EndReason::ALL {
            assert!(seen.insert(*reason), "{name} is there twice");
            assert!(text.ends_with('.') && text.len() > 15, "{name}");
            assert_eq!(reason.text(), *text);
            assert!(reason.code == 0 || (400..700).contains(&reason.code), "{name}");
        }
        let unknown = EndReason { code: 499, sub_code: 1 };
        assert!(!unknown.text().is_empty());
        assert_eq!(EndReason::NO_ANSWER.to_string(), format!("487/10004: {}", EndReason::NO_ANSWER.text()));
    }

    /// The pairs of the ACS documentation that are used here.
    #[test]
    fn the_known_pairs_are_as_documented() {
        for (reason, code, sub_code) in [
            (EndReason::HUNG_UP, 0, 0),
            (EndReason::CANCELLED, 487, 0),
            (EndReason::DECLINED, 603, 0),
            (EndReason::ANSWERED_ELSEWHERE, 487, 10003),
            (EndReason::NO_ANSWER, 487, 10004),
            (EndReason::DECLINED_BY_ALL, 487, 10024),
            (EndReason::UNREACHABLE, 480, 10037),
            (EndReason::MEDIA_LOST, 410, 301_004),
            (EndReason::FEDERATION_RESOURCE_REFUSED, 403, 5222),
            (EndReason::FEDERATION_REFUSED, 403, 5223),
        ] {
            assert_eq!((reason.code, reason.sub_code), (code, sub_code));
        }
    }
}
