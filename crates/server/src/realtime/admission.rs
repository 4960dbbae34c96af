//! Whether a call may be: the switchboard asks, the store and the federation decision answer.

use crate::account::Account;
use crate::federation::{Activity, decide};
use crate::operations::Operations;
use liaison_identity::RawId;
use liaison_signaling::{Admission, EndReason};

pub(super) async fn admission(operations: &Operations, from: &RawId, to: &RawId) -> Admission {
    let (from, to) = (Account::of(from.as_str()), Account::of(to.as_str()));
    match operations.store.federation_facts(from.as_ref(), to.as_ref()).await {
        Ok((from, to, push_devices)) => match decide(Activity::Call, &from, &to) {
            Ok(()) => Admission::Admitted { push_devices },
            Err(cause) => {
                let row = cause.row();
                Admission::Refused { reason: row.call, cause: row.audit.to_owned() }
            }
        },
        Err(error) => {
            tracing::error!(%error, "a call could not be decided about");
            Admission::Refused { reason: EndReason::NO_RESPONSE, cause: "store-failed".to_owned() }
        }
    }
}
