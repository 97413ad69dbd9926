//! `InstitutionService`: which RPC, who may call it, which function carries it out.

use std::sync::Arc;

use guichet_proto::v1::{self, institution_service_server::InstitutionService};
use tonic::{Request, Response, Status, async_trait};

use crate::{
    app::App,
    call::{Access, Service},
};

pub mod create;
pub mod delete;
mod fields;
pub mod get;
pub mod list;
pub mod members;
pub mod membership;
pub mod people;
pub mod report;
pub mod row;
pub mod update;
pub mod view;

/// `guichet.v1.InstitutionService`.
#[derive(Clone)]
pub struct Institutions(Service);

impl Institutions {
    /// The service over an open product.
    pub fn new(app: Arc<App>) -> Self {
        Self(Service {
            app,
            name: "guichet.v1.InstitutionService",
        })
    }
}

type Reply<T> = Result<Response<T>, Status>;

#[async_trait]
impl InstitutionService for Institutions {
    async fn create_institution(
        &self,
        request: Request<v1::CreateInstitutionRequest>,
    ) -> Reply<v1::CreateInstitutionResponse> {
        self.0
            .write(
                "CreateInstitution",
                Access::Admin,
                request,
                create::create_institution,
            )
            .await
    }

    async fn get_institution(
        &self,
        request: Request<v1::GetInstitutionRequest>,
    ) -> Reply<v1::GetInstitutionResponse> {
        self.0
            .run(
                "GetInstitution",
                Access::Reader,
                request,
                get::get_institution,
            )
            .await
    }

    async fn list_institutions(
        &self,
        request: Request<v1::ListInstitutionsRequest>,
    ) -> Reply<v1::ListInstitutionsResponse> {
        self.0
            .run(
                "ListInstitutions",
                Access::Reader,
                request,
                list::list_institutions,
            )
            .await
    }

    async fn update_institution(
        &self,
        request: Request<v1::UpdateInstitutionRequest>,
    ) -> Reply<v1::UpdateInstitutionResponse> {
        self.0
            .write(
                "UpdateInstitution",
                Access::Delegate,
                request,
                update::update_institution,
            )
            .await
    }

    async fn delete_institution(
        &self,
        request: Request<v1::DeleteInstitutionRequest>,
    ) -> Reply<v1::DeleteInstitutionResponse> {
        self.0
            .write(
                "DeleteInstitution",
                Access::Admin,
                request,
                delete::delete_institution,
            )
            .await
    }

    async fn add_member(
        &self,
        request: Request<v1::AddMemberRequest>,
    ) -> Reply<v1::AddMemberResponse> {
        self.0
            .write("AddMember", Access::Delegate, request, members::add_member)
            .await
    }

    async fn remove_member(
        &self,
        request: Request<v1::RemoveMemberRequest>,
    ) -> Reply<v1::RemoveMemberResponse> {
        self.0
            .write(
                "RemoveMember",
                Access::Delegate,
                request,
                members::remove_member,
            )
            .await
    }

    async fn list_members(
        &self,
        request: Request<v1::ListMembersRequest>,
    ) -> Reply<v1::ListMembersResponse> {
        self.0
            .run(
                "ListMembers",
                Access::Delegate,
                request,
                members::list_members,
            )
            .await
    }

    async fn get_migration_report(
        &self,
        request: Request<v1::GetMigrationReportRequest>,
    ) -> Reply<v1::GetMigrationReportResponse> {
        self.0
            .run(
                "GetMigrationReport",
                Access::Delegate,
                request,
                report::get_migration_report,
            )
            .await
    }

    async fn list_people(
        &self,
        request: Request<v1::ListPeopleRequest>,
    ) -> Reply<v1::ListPeopleResponse> {
        self.0
            .run("ListPeople", Access::Delegate, request, people::list_people)
            .await
    }
}
