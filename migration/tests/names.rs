//! Accounts that are older than their keys get them.

use guichet_migration::{Migrator, MigratorTrait as _};
use sea_orm_migration::sea_orm::{
    ConnectionTrait as _, Database, DatabaseConnection, DbErr, prelude::Uuid,
};

async fn keys(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let rows = db
        .query_all_raw(sea_orm_migration::sea_orm::Statement::from_string(
            db.get_database_backend(),
            "SELECT name_key FROM account ORDER BY username",
        ))
        .await?;
    rows.iter().map(|row| row.try_get("", "name_key")).collect()
}

#[tokio::test]
async fn older_accounts_are_found_by_their_names() -> Result<(), DbErr> {
    let db = Database::connect("sqlite::memory:").await?;
    Migrator::up(&db, Some(7)).await?;
    let people = [("a", "Zoé  LEFÈVRE"), ("b", ""), ("c", "d'Été")];
    for (number, (username, name)) in (1..).zip(people) {
        let id = Uuid::from_u128(number).simple();
        let name = name.replace('\'', "''");
        db.execute_unprepared(&format!(
            "INSERT INTO account (id, username, username_key, email_verified, display_name, state, roles, attributes,
                 create_time, update_time, version)
             VALUES (x'{id}', '{username}', '{username}', 0, '{name}', 'LEGACY', '[]', '{{}}', 0, 0, 1)"
        ))
        .await?;
    }

    Migrator::up(&db, None).await?;

    assert_eq!(keys(&db).await?, ["zoe lefevre", "", "d'ete"]);
    let later = u32::try_from(Migrator::migrations().len() - 9).expect("few changes");
    Migrator::down(&db, Some(later)).await?;
    Migrator::up(&db, None).await?;
    assert_eq!(keys(&db).await?, ["zoe lefevre", "", "d'ete"]);
    Ok(())
}
