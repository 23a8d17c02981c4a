//! What a run is to bring about, kept beside its journal.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::contract::name::Named;
use crate::contract::{canonical, sha256};
use crate::domain::customer_key::{Access, Identity, KeyId, Order, Remove, Roll, Target, TargetKind, Wanted};
use crate::domain::problem::Problem;
use crate::domain::resource_id::ResourceId;

/// The schema of an order.
pub const SCHEMA: &str = "keyroll.customerKey/1";

/// What a `customer-key` run is to bring about.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    schema: String,
    #[serde(flatten)]
    order: OrderDocument,
}

#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "command")]
enum OrderDocument {
    Apply {
        account: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        storage: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        location: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        user_identity: Option<String>,
        vault: String,
        tenant: String,
        key: String,
        key_size: u16,
        pinned: bool,
        vault_access: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        operator: Option<String>,
        recover: bool,
    },
    Roll {
        account: String,
        old: String,
        key_size: u16,
        pinned: bool,
        disable_old: bool,
        subscriptions: Vec<String>,
    },
    Remove {
        account: String,
        delete: Vec<TargetDocument>,
        subscriptions: Vec<String>,
    },
}

#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TargetDocument {
    kind: Named<TargetKind>,
    id: String,
    run: String,
}

/// The order as a JSON document.
#[must_use]
pub fn order(order: &Order) -> Value {
    serde_json::to_value(Document { schema: SCHEMA.to_owned(), order: written(order) }).unwrap_or_default()
}

/// SHA-256 over the order's JSON with sorted members.
#[must_use]
pub fn digest(order: &Order) -> String {
    sha256(&canonical(&self::order(order)))
}

/// Reads an order.
///
/// # Errors
/// `notAnOrder` when the text is anything else, or of another version.
pub fn parse_order(text: &str) -> Result<Order, Problem> {
    let wrong = |why: String| {
        Problem::failed("notAnOrder", "the order of the run cannot be read")
            .because(why)
            .hint(format!("this keyroll reads {SCHEMA}"))
    };
    let document: Document = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
    if document.schema != SCHEMA {
        return Err(wrong(format!("its schema is `{}`", document.schema)));
    }
    read(document.order).map_err(|problem| wrong(problem.to_string()))
}

fn written(order: &Order) -> OrderDocument {
    match order {
        Order::Apply(wanted) => OrderDocument::Apply {
            account: wanted.account.to_string(),
            storage: wanted.storage.as_ref().map(ToString::to_string),
            location: wanted.location.clone(),
            user_identity: match &wanted.identity {
                Identity::System => None,
                Identity::User(id) => Some(id.to_string()),
            },
            vault: wanted.vault.to_string(),
            tenant: wanted.tenant.clone(),
            key: wanted.key.to_string(),
            key_size: wanted.key_size,
            pinned: wanted.pinned,
            vault_access: wanted.access.name().to_owned(),
            operator: wanted.operator.clone(),
            recover: wanted.recover,
        },
        Order::Roll(roll) => OrderDocument::Roll {
            account: roll.account.to_string(),
            old: roll.old.to_string(),
            key_size: roll.key_size,
            pinned: roll.pinned,
            disable_old: roll.disable_old,
            subscriptions: roll.subscriptions.clone(),
        },
        Order::Remove(remove) => OrderDocument::Remove {
            account: remove.account.to_string(),
            delete: remove
                .delete
                .iter()
                .map(|target| TargetDocument { kind: Named(target.kind), id: target.id.clone(), run: target.run.clone() })
                .collect(),
            subscriptions: remove.subscriptions.clone(),
        },
    }
}

fn read(document: OrderDocument) -> Result<Order, Problem> {
    let id = |text: String| text.parse::<ResourceId>();
    Ok(match document {
        OrderDocument::Apply {
            account,
            storage,
            location,
            user_identity,
            vault,
            tenant,
            key,
            key_size,
            pinned,
            vault_access,
            operator,
            recover,
        } => Order::Apply(Box::new(Wanted {
            account: id(account)?,
            storage: storage.map(id).transpose()?,
            location,
            identity: user_identity.map(id).transpose()?.map_or(Identity::System, Identity::User),
            vault: id(vault)?,
            tenant,
            key: key.parse::<KeyId>()?,
            key_size,
            pinned,
            access: Access::from_name(&vault_access).unwrap_or(Access::Policies),
            operator,
            recover,
        })),
        OrderDocument::Roll { account, old, key_size, pinned, disable_old, subscriptions } => {
            Order::Roll(Roll { account: id(account)?, old: old.parse()?, key_size, pinned, disable_old, subscriptions })
        }
        OrderDocument::Remove { account, delete, subscriptions } => Order::Remove(Remove {
            account: id(account)?,
            delete: delete.into_iter().map(|target| Target { kind: target.kind.0, id: target.id, run: target.run }).collect(),
            subscriptions,
        }),
    })
}
