//! What a side is asked about institutions.

use guichet_client::proto as v1;
use guichet_client::proto::Institution;

use super::deed::Deed;
use super::side::{Side, mask, told};

impl Side {
    pub(super) async fn ask_about_institutions(&self, deed: &Deed) -> String {
        let mut institutions = self.admin.institution();
        match deed {
            Deed::MoveInstitution {
                institution,
                parent,
            } => {
                let request = v1::UpdateInstitutionRequest {
                    institution: Some(Institution {
                        id: self.institution(*institution),
                        parent_id: self.perhaps_institution(*parent),
                        ..Default::default()
                    }),
                    update_mask: mask(&["parent_id"]),
                };
                told(institutions.update_institution(request).await)
            }
            Deed::DeleteInstitution(number) => {
                let request = v1::DeleteInstitutionRequest {
                    institution_id: self.institution(*number),
                    ..Default::default()
                };
                told(institutions.delete_institution(request).await)
            }
            Deed::AddMember {
                institution,
                account,
            } => {
                let request = v1::AddMemberRequest {
                    institution_id: self.institution(*institution),
                    account_id: self.account(*account),
                    ..Default::default()
                };
                told(institutions.add_member(request).await)
            }
            Deed::RemoveMember {
                institution,
                account,
            } => {
                let request = v1::RemoveMemberRequest {
                    institution_id: self.institution(*institution),
                    account_id: self.account(*account),
                };
                told(institutions.remove_member(request).await)
            }
            Deed::ListMembers(number) => {
                let request = v1::ListMembersRequest {
                    institution_id: self.institution(*number),
                    ..Default::default()
                };
                told(institutions.list_members(request).await)
            }
            other => unreachable!("{other:?} has a function of its own"),
        }
    }

    pub(super) async fn create_institution(&mut self, deed: &Deed) -> String {
        let Deed::CreateInstitution {
            display_name,
            external_id,
            parent,
        } = deed
        else {
            unreachable!("it was looked at before");
        };
        let request = v1::CreateInstitutionRequest {
            institution: Some(Institution {
                display_name: display_name.clone(),
                external_id: external_id.clone(),
                parent_id: self.perhaps_institution(*parent),
                ..Default::default()
            }),
            ..Default::default()
        };
        let reply = self.admin.institution().create_institution(request).await;
        if let Ok(reply) = &reply {
            self.institutions
                .extend(reply.get_ref().institution.clone());
        }
        told(reply)
    }

    pub(super) async fn list_institutions(&mut self, deed: &Deed) -> String {
        let Deed::ListInstitutions {
            filter,
            order_by,
            page_size,
        } = deed
        else {
            unreachable!("it was looked at before");
        };
        let request = v1::ListInstitutionsRequest {
            filter: filter.clone(),
            order_by: (*order_by).to_owned(),
            page_size: *page_size,
            ..Default::default()
        };
        told(self.admin.institution().list_institutions(request).await)
    }
}
