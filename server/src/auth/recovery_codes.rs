//! `GenerateRecoveryCodes`: what stands in for a lost telephone.

use guichet_proto::v1::{GenerateRecoveryCodesRequest, GenerateRecoveryCodesResponse};
use uuid::Uuid;

use super::{own_account, second_factor};
use crate::{
    account::current_password,
    app::App,
    call::Call,
    error::Error,
    mail::letter::SecondFactorChange,
    master_key::{Digest, Purpose},
    secret,
    store::{recovery_code, totp},
};

/// Enough for years, few enough for a slip of paper.
const COUNT: usize = 10;

/// Replaces all codes.
pub async fn generate_recovery_codes(
    call: &Call<'_>,
    request: GenerateRecoveryCodesRequest,
) -> Result<GenerateRecoveryCodesResponse, Error> {
    let verified = own_account(call, &request.current_password).await?;
    let id = verified.id;
    let (codes, hashes) = fresh(call.app, id);

    let txn = call.app.store.write().await?;
    let account = current_password::lock(&txn, &verified).await?;
    let enrolled = totp::Entity::confirmed(id).one(&txn).await?;
    enrolled.ok_or(Error::State)?;
    recovery_code::Entity::replace(&txn, id, hashes, call.now).await?;
    second_factor::tell(call, &txn, &account, SecondFactorChange::CodesReplaced).await?;
    txn.commit().await?;
    call.app.wake.send_replace(());
    Ok(GenerateRecoveryCodesResponse {
        recovery_codes: codes,
    })
}

/// New codes as people read them, and what is kept of each.
pub(super) fn fresh(app: &App, account_id: Uuid) -> (Vec<String>, Vec<Vec<u8>>) {
    let code = |_| {
        let code = secret::short_code();
        (
            secret::grouped(&code),
            digest(app, account_id, &code).to_vec(),
        )
    };
    (0..COUNT).map(code).unzip()
}

/// What is kept of a code. 57 bits could be guessed from a plain hash.
pub(super) fn digest(app: &App, account_id: Uuid, code: &str) -> Digest {
    let parts: [&[u8]; 2] = [account_id.as_bytes(), code.as_bytes()];
    app.master_key.digest(Purpose::RecoveryCodes, &parts)
}
