//! What a caller's queries may reach: a part of each query, never a check afterwards.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait as _, QueryFilter as _, QuerySelect as _, QueryTrait as _,
    sea_query::SelectStatement,
};
use uuid::Uuid;

use super::institution_ancestor::{Column, Entity};

/// What a caller's queries may reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Whatever there is.
    Everything,
    /// These institutions, those below them, and what belongs to any of them.
    Below(Vec<Uuid>),
}

impl Scope {
    /// That `column` names an institution in scope.
    pub fn covers(&self, column: impl ColumnTrait) -> Condition {
        match self {
            Self::Everything => Condition::all(),
            Self::Below(tops) => Condition::all().add(column.in_subquery(below(tops))),
        }
    }

    /// That `column` names an institution, and one out of scope.
    pub fn spares(&self, column: impl ColumnTrait) -> Condition {
        match self {
            // Nothing is.
            Self::Everything => Condition::all()
                .add(column.is_null())
                .add(column.is_not_null()),
            Self::Below(tops) => Condition::all().add(column.not_in_subquery(below(tops))),
        }
    }
}

/// The ids of `tops` and of everything below them.
fn below(tops: &[Uuid]) -> SelectStatement {
    Entity::find()
        .select_only()
        .column(Column::InstitutionId)
        .filter(Column::AncestorId.is_in(tops.iter().copied()))
        .into_query()
}
