//! Azure Resource Manager resource ids, compared the way Resource Manager compares them.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use super::problem::Problem;

/// The full id of one resource: `/subscriptions/…/resourceGroups/…/providers/NAMESPACE/TYPE/NAME…`.
///
/// Services answer the same id in different case (`resourcegroups`, `Microsoft.Keyvault`), so equality and hashing
/// ignore ASCII case while the original spelling is kept for display (API dossier, trap 18).
#[derive(Clone, Debug)]
pub struct ResourceId {
    text: String,
    segments: Vec<String>,
}

impl ResourceId {
    /// Builds the id of a top-level resource. The parts are taken as they are.
    #[must_use]
    pub fn new(subscription: &str, group: &str, namespace: &str, kind: &str, name: &str) -> Self {
        let text = format!("/subscriptions/{subscription}/resourceGroups/{group}/providers/{namespace}/{kind}/{name}");
        let segments = text[1..].split('/').map(str::to_owned).collect();
        Self { text, segments }
    }

    /// The id of a child resource of this one.
    #[must_use]
    pub fn child(&self, kind: &str, name: &str) -> Self {
        let text = format!("{}/{kind}/{name}", self.text);
        let segments = text[1..].split('/').map(str::to_owned).collect();
        Self { text, segments }
    }

    /// The id as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The id in lower case: the form that is hashed, locked on and fingerprinted with.
    #[must_use]
    pub fn lowercase(&self) -> String {
        self.text.to_ascii_lowercase()
    }

    /// The subscription's id.
    #[must_use]
    pub fn subscription(&self) -> &str {
        &self.segments[1]
    }

    /// The resource group's name.
    #[must_use]
    pub fn resource_group(&self) -> &str {
        &self.segments[3]
    }

    /// The provider namespace and type without names: `Microsoft.Storage/storageAccounts`.
    #[must_use]
    pub fn resource_type(&self) -> String {
        let mut kind = self.segments[5].clone();
        for segment in self.segments[6..].iter().step_by(2) {
            kind.push('/');
            kind.push_str(segment);
        }
        kind
    }

    /// The last name in the id.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.segments[self.segments.len() - 1]
    }

    /// The id of the resource that this one is a child of, if it is a child.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        (self.segments.len() > 8).then(|| {
            let segments = self.segments[..self.segments.len() - 2].to_vec();
            Self { text: format!("/{}", segments.join("/")), segments }
        })
    }

    /// Whether the id is of this type; case does not matter.
    #[must_use]
    pub fn is_type(&self, kind: &str) -> bool {
        self.resource_type().eq_ignore_ascii_case(kind)
    }

    /// Reads an id and demands its type.
    ///
    /// # Errors
    /// A usage problem that names the text, when it is malformed or of another type.
    pub fn parse_as(text: &str, kind: &str) -> Result<Self, Problem> {
        let id: Self = text.parse()?;
        if id.is_type(kind) {
            return Ok(id);
        }
        Err(Problem::usage(
            "wrongResourceType",
            format!("`{text}` is the id of a {}, but a {kind} is needed", id.resource_type()),
        )
        .hint(format!("give an id that ends in /providers/{kind}/NAME")))
    }
}

impl FromStr for ResourceId {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let malformed = |why: &str| {
            Problem::usage("malformedResourceId", format!("`{text}` is not a resource id: {why}"))
                .hint("write it as /subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/NAMESPACE/TYPE/NAME")
        };
        let trimmed = text.trim_end_matches('/');
        let rest = trimmed.strip_prefix('/').ok_or_else(|| malformed("it does not begin with a slash"))?;
        let segments: Vec<String> = rest.split('/').map(str::to_owned).collect();
        if segments.len() < 8 || !segments.len().is_multiple_of(2) {
            return Err(malformed("a part is missing"));
        }
        if segments.iter().any(String::is_empty) {
            return Err(malformed("a part is empty"));
        }
        if segments.iter().flat_map(|segment| segment.chars()).any(|c| c.is_control() || matches!(c, '?' | '#' | '%' | '\\')) {
            return Err(malformed("it holds a character that no id holds"));
        }
        for (position, word) in [(0, "subscriptions"), (2, "resourceGroups"), (4, "providers")] {
            if !segments[position].eq_ignore_ascii_case(word) {
                return Err(malformed(&format!("`{word}` is expected where `{}` stands", segments[position])));
            }
        }
        if segments.iter().any(|segment| segment == "." || segment == "..") {
            return Err(malformed("a part is `.` or `..`"));
        }
        Ok(Self { text: trimmed.to_owned(), segments })
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for ResourceId {
    fn eq(&self, other: &Self) -> bool {
        self.text.eq_ignore_ascii_case(&other.text)
    }
}

impl Eq for ResourceId {}

impl PartialOrd for ResourceId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ResourceId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.lowercase().cmp(&other.lowercase())
    }
}

impl Hash for ResourceId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.lowercase().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/st";

    #[test]
    fn spelling_is_kept_and_case_is_ignored() {
        let one: ResourceId = ACCOUNT.parse().expect("parses");
        let other: ResourceId = ACCOUNT.to_uppercase().replace("/SUBSCRIPTIONS/", "/subscriptions/").parse().expect("parses");
        assert_eq!(one, other);
        assert_eq!(one.as_str(), ACCOUNT);
        assert_eq!((one.subscription(), one.resource_group(), one.name()), ("s", "g", "st"));
        assert_eq!(one.resource_type(), "Microsoft.Storage/storageAccounts");
        assert_eq!(one.parent(), None);
        let child = one.child("fileServices", "default");
        assert_eq!(child.resource_type(), "Microsoft.Storage/storageAccounts/fileServices");
        assert_eq!(child.parent(), Some(one));
    }

    #[test]
    fn the_bugs_of_the_articles_are_refused() {
        for text in [
            "",
            "st",
            "/subscriptions//resourceGroups/g/providers/Microsoft.Storage/storageAccounts/st",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts",
            "/subscriptions/s/resourceGroups/g/provider/Microsoft.Storage/storageAccounts/st",
            "/subscriptions/s/resourceGroups/../providers/Microsoft.Storage/storageAccounts/st",
            "/subscriptions/s/resourceGroups/g?x/providers/Microsoft.Storage/storageAccounts/st",
            "subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/st",
        ] {
            let problem = text.parse::<ResourceId>().expect_err(text);
            assert_eq!(problem.code, "malformedResourceId");
            assert!(problem.message.contains(text));
        }
        let foreign = ResourceId::parse_as(ACCOUNT, "Microsoft.Media/mediaservices").expect_err("another type");
        assert_eq!(foreign.code, "wrongResourceType");
    }
}
