//! What administrators do.

use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::{self, Account, AccountState, Institution};
use guichet_tests::people::{self, GOOD_PASSWORD};

use super::{Story, mask, of_school};

impl Story {
    pub(super) async fn institution(&mut self) -> String {
        let admin = self.admin.clone();
        let institution = Institution {
            display_name: "School".into(),
            ..Institution::default()
        };
        let created = call!(
            self,
            admin,
            institution,
            create_institution,
            CreateInstitutionRequest {
                institution: Some(institution.clone()),
            }
        );
        let school = created.institution.expect("it").id;
        call!(
            self,
            admin,
            institution,
            update_institution,
            UpdateInstitutionRequest {
                institution: Some(Institution {
                    id: school.clone(),
                    ..institution.clone()
                }),
                update_mask: Some(mask("display_name")),
            }
        );
        let other = admin
            .institution()
            .create_institution(proto::CreateInstitutionRequest {
                institution: Some(institution),
                ..proto::CreateInstitutionRequest::default()
            })
            .await;
        let other = other.expect("another").into_inner().institution;
        call!(
            self,
            admin,
            institution,
            delete_institution,
            DeleteInstitutionRequest {
                institution_id: other.expect("it").id,
            }
        );
        school
    }

    /// Léa, who stays.
    pub(super) async fn account(&mut self, school: &str) {
        let admin = self.admin.clone();
        let created = call!(
            self,
            admin,
            account,
            create_account,
            CreateAccountRequest {
                account: Some(of_school("lea", school, AccountState::Unspecified)),
                credential: Some(Credential::Password(GOOD_PASSWORD.into())),
            }
        );
        let lea = created.account.expect("it").id;
        call!(
            self,
            admin,
            account,
            update_account,
            UpdateAccountRequest {
                account: Some(Account {
                    id: lea.clone(),
                    display_name: "Léa".into(),
                    ..Account::default()
                }),
                update_mask: Some(mask("display_name")),
            }
        );
        call!(
            self,
            admin,
            account,
            disable_account,
            DisableAccountRequest {
                account_id: lea.clone()
            }
        );
        call!(
            self,
            admin,
            account,
            enable_account,
            EnableAccountRequest {
                account_id: lea.clone()
            }
        );
        call!(
            self,
            admin,
            account,
            unlock_account,
            UnlockAccountRequest {
                account_id: lea.clone()
            }
        );
        self.membership(school, lea).await;
    }

    async fn membership(&mut self, school: &str, lea: String) {
        let admin = self.admin.clone();
        call!(
            self,
            admin,
            institution,
            add_member,
            AddMemberRequest {
                institution_id: school.to_owned(),
                account_id: lea.clone(),
            }
        );
        call!(
            self,
            admin,
            institution,
            remove_member,
            RemoveMemberRequest {
                institution_id: school.to_owned(),
                account_id: lea,
            }
        );
    }

    pub(super) async fn migration(&mut self) {
        let admin = self.admin.clone();
        let old = people::legacy(&self.server, "old", "old@ecole.example")
            .await
            .id;
        call!(
            self,
            admin,
            account,
            migrate_account,
            MigrateAccountRequest {
                account_id: old.clone(),
                email: "old@ecole.example".into(),
            }
        );
        call!(
            self,
            admin,
            account,
            send_activation,
            SendActivationRequest {
                account_id: old.clone()
            }
        );
        let older = people::legacy(&self.server, "older", "older@ecole.example")
            .await
            .id;
        call!(
            self,
            admin,
            account,
            batch_migrate_accounts,
            BatchMigrateAccountsRequest {
                requests: vec![proto::MigrateAccountRequest {
                    account_id: older,
                    email: "older@ecole.example".into(),
                    ..proto::MigrateAccountRequest::default()
                }],
            }
        );
        self.end(old).await;
    }

    async fn end(&mut self, old: String) {
        let admin = self.admin.clone();
        call!(
            self,
            admin,
            account,
            delete_account,
            DeleteAccountRequest {
                account_id: old.clone()
            }
        );
        call!(
            self,
            admin,
            account,
            undelete_account,
            UndeleteAccountRequest {
                account_id: old.clone()
            }
        );
        let again = proto::DeleteAccountRequest {
            account_id: old.clone(),
            ..proto::DeleteAccountRequest::default()
        };
        let deleted = admin.account().delete_account(again).await;
        deleted.expect("a deletion");
        call!(
            self,
            admin,
            account,
            purge_account,
            PurgeAccountRequest { account_id: old }
        );
    }

    pub(super) async fn api_key(&mut self) {
        let admin = self.admin.clone();
        let key = call!(
            self,
            admin,
            auth,
            create_api_key,
            CreateApiKeyRequest {
                name: "story".into(),
                role: "service".into(),
            }
        );
        self.server.remember(&key.key);
        call!(
            self,
            admin,
            auth,
            revoke_api_key,
            RevokeApiKeyRequest {
                api_key_id: key.api_key.expect("it").id,
            }
        );
    }
}
