//! The shortest unambiguous names: a workspace is `ml-a` until there are two of them, a datastore `ds-raw` until another
//! workspace has one too.

use std::collections::{BTreeMap, HashMap};

use crate::domain::media_v2::MediaV2Account;
use crate::domain::resource_id::ResourceId;

/// Names for these ids, which are resource ids or URLs of vaults and secrets, by their lower-case form.
pub(super) fn names<'a>(ids: impl IntoIterator<Item = &'a str>) -> HashMap<String, String> {
    let mut open: BTreeMap<String, (Vec<String>, usize)> = BTreeMap::new();
    for id in ids {
        open.entry(id.to_ascii_lowercase()).or_insert_with(|| (candidates(id), 0));
    }
    loop {
        let mut holders: HashMap<String, Vec<String>> = HashMap::new();
        for (id, (candidates, level)) in &open {
            holders.entry(candidates[*level].to_ascii_lowercase()).or_default().push(id.clone());
        }
        let mut longer = false;
        for id in holders.into_values().filter(|ids| ids.len() > 1).flatten() {
            if let Some((candidates, level)) = open.get_mut(&id).filter(|(candidates, level)| level + 1 < candidates.len()) {
                *level = (*level + 1).min(candidates.len() - 1);
                longer = true;
            }
        }
        if !longer {
            return open.into_iter().map(|(id, (mut candidates, level))| (id, candidates.swap_remove(level))).collect();
        }
    }
}

/// From the shortest to the one that cannot be mistaken.
fn candidates(id: &str) -> Vec<String> {
    if let Ok(resource) = id.parse::<ResourceId>() {
        let mut names = vec![resource.name().to_owned()];
        if let Some(parent) = resource.parent() {
            names.push(format!("{}/{}", parent.name(), resource.name()));
        }
        let longest = names[names.len() - 1].clone();
        names.push(format!("{}/{longest}", resource.resource_group()));
        names.push(format!("{}/{}/{longest}", resource.subscription(), resource.resource_group()));
        names.push(id.to_owned());
        return names;
    }
    if MediaV2Account::is_classic(id) {
        return vec![MediaV2Account::name_in(id).to_owned(), id.to_owned()];
    }
    // https://VAULT.vault.azure.net/secrets/NAME
    if let Some((_, rest)) = id.split_once("://") {
        let vault = rest.split(['.', '/']).next().unwrap_or(rest);
        let name = rest.split_once("/secrets/").map_or_else(|| vault.to_owned(), |(_, secret)| format!("{vault}/{secret}"));
        return vec![name, id.to_owned()];
    }
    vec![id.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(group: &str, name: &str) -> String {
        format!("/subscriptions/s/resourceGroups/{group}/providers/Microsoft.MachineLearningServices/workspaces/{name}")
    }

    fn named(ids: &[String]) -> Vec<String> {
        let names = names(ids.iter().map(String::as_str));
        ids.iter().map(|id| names[&id.to_ascii_lowercase()].clone()).collect()
    }

    #[test]
    fn a_name_is_as_short_as_it_may_be() {
        let ids = [
            workspace("g", "ml-a"),
            workspace("g", "ml-b"),
            format!("{}/datastores/ds-raw", workspace("g", "ml-a")),
            format!("{}/datastores/shared", workspace("g", "ml-a")),
            format!("{}/datastores/Shared", workspace("g", "ml-b")),
            "https://kv-prod.vault.azure.net/secrets/storage-key".to_owned(),
            "https://kv-dev.vault.azure.net/".to_owned(),
        ];
        assert_eq!(named(&ids), ["ml-a", "ml-b", "ds-raw", "ml-a/shared", "ml-b/Shared", "kv-prod/storage-key", "kv-dev"]);
    }

    #[test]
    fn namesakes_get_longer_names_until_they_differ() {
        let ids = [workspace("g1", "ml"), workspace("g2", "ml"), workspace("g1", "x"), workspace("g1", "X")];
        assert_eq!(named(&ids), ["g1/ml", "g2/ml", "x", "x"]);
        let stores = [format!("{}/datastores/d", workspace("g1", "ml")), format!("{}/datastores/d", workspace("g2", "ml"))];
        assert_eq!(named(&stores), ["g1/ml/d", "g2/ml/d"]);
    }
}
