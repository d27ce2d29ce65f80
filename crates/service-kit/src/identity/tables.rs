//! `permissions.md` as data: what each role in a company may do, and what each scope of an API key lets through.

use std::sync::LazyLock;

use actix_web::http::Method;

use super::CompanyRole;

static TEXT: &str = include_str!("../../permissions.md");

static PERMISSIONS: LazyLock<Vec<PermissionRow>> =
    LazyLock::new(|| rows().filter_map(|cells| permission(&cells)).collect());

static SCOPES: LazyLock<Vec<ScopeRow>> = LazyLock::new(|| rows().filter_map(|cells| scope(&cells)).collect());

/// One row of the table of roles.
#[derive(Debug, PartialEq, Eq)]
pub struct PermissionRow {
    /// `team.manage`
    pub name: &'static str,
    /// The roles that have it.
    pub roles: Vec<CompanyRole>,
    /// `Allowed<ManageTeam>` or a role proof.
    pub proof: &'static str,
    pub allows: &'static str,
}

/// One row of the table of scopes.
#[derive(Debug, PartialEq, Eq)]
pub struct ScopeRow {
    /// `bookings:read`
    pub name: &'static str,
    requests: Vec<RequestRule>,
    pub allows: &'static str,
}

#[derive(Debug, PartialEq, Eq)]
struct RequestRule {
    /// `GET`, `POST`, or `ANY`.
    method: &'static str,
    pattern: &'static str,
}

/// The table of roles.
pub fn permissions() -> &'static [PermissionRow] {
    &PERMISSIONS
}

/// The table of scopes.
pub fn scopes() -> &'static [ScopeRow] {
    &SCOPES
}

/// Whether a role has a permission; nobody has one that is not in the table.
pub fn role_has(role: CompanyRole, permission: &str) -> bool {
    PERMISSIONS.iter().any(|row| row.name == permission && row.roles.contains(&role))
}

/// Whether one of the scopes lets a request through. `pattern` is the route's, such as `/api/bookings/{booking_id}`,
/// so that no spelling of a path gets by.
pub fn scopes_allow(granted: &[String], method: &Method, pattern: &str) -> bool {
    let rows = SCOPES.iter().filter(|row| granted.iter().any(|scope| scope == row.name));
    rows.flat_map(|row| &row.requests).any(|rule| rule.covers(method, pattern))
}

impl RequestRule {
    fn covers(&self, method: &Method, pattern: &str) -> bool {
        let is_read = *method == Method::GET || *method == Method::HEAD;
        let method_fits = match self.method {
            "ANY" => true,
            "GET" => is_read,
            other => method.as_str() == other,
        };
        let path_fits = match self.pattern.strip_suffix("/*") {
            Some(prefix) => pattern.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            None => self.pattern == pattern,
        };
        method_fits && path_fits
    }
}

/// The cells of every row whose first cell is a name in backticks.
fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    let cells = |line: &'static str| line.trim().trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>();
    TEXT.lines().filter(|line| line.starts_with("| `")).map(cells)
}

fn permission(cells: &[&'static str]) -> Option<PermissionRow> {
    let [name, owner, manager, staff, proof, allows] = cells else { return None };
    let columns = [(owner, CompanyRole::Owner), (manager, CompanyRole::Manager), (staff, CompanyRole::Staff)];
    Some(PermissionRow {
        name: bare(name),
        roles: columns.into_iter().filter(|(cell, _)| **cell == "yes").map(|(_, role)| role).collect(),
        proof: bare(proof),
        allows,
    })
}

fn scope(cells: &[&'static str]) -> Option<ScopeRow> {
    let [name, requests, allows] = cells else { return None };
    let rule = |text: &'static str| {
        let (method, pattern) = text.split_once(' ')?;
        Some(RequestRule { method, pattern })
    };
    let requests = requests.split('`').filter(|text| !text.trim().is_empty()).filter_map(rule).collect();
    Some(ScopeRow { name: bare(name), requests, allows })
}

fn bare(cell: &'static str) -> &'static str {
    cell.trim_matches('`')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::identity::permissions::ALL_PERMISSIONS;

    #[test]
    fn code_and_table_name_the_same_permissions() {
        let coded: BTreeSet<(&str, String)> =
            ALL_PERMISSIONS.iter().map(|(name, marker)| (*name, format!("Allowed<{marker}>"))).collect();
        let listed: BTreeSet<(&str, String)> = permissions()
            .iter()
            .filter(|row| row.proof.starts_with("Allowed<"))
            .map(|row| (row.name, row.proof.to_owned()))
            .collect();
        assert_eq!(coded, listed);
    }

    #[test]
    fn every_row_of_the_roles_is_read_and_a_role_includes_the_smaller_ones() {
        let lines = TEXT.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(permissions().len() + scopes().len(), lines, "a row with a wrong number of cells is not read");
        for row in permissions() {
            assert!(row.roles.is_sorted_by(|a, b| a > b) && row.roles.first() == Some(&CompanyRole::Owner), "{row:?}");
            let smallest = row.roles.last().unwrap();
            let included = [CompanyRole::Staff, CompanyRole::Manager, CompanyRole::Owner];
            assert_eq!(row.roles.len(), included.iter().filter(|role| *role >= smallest).count(), "{row:?}");
            assert!(!row.allows.is_empty());
            let expected = match row.proof {
                "CompanyStaff" => CompanyRole::Staff,
                "CompanyManager" => CompanyRole::Manager,
                "CompanyOwner" => CompanyRole::Owner,
                _ => *smallest,
            };
            assert_eq!(expected, *smallest, "{row:?}");
        }
    }

    #[test]
    fn the_guide_names_every_scope() {
        let guide = include_str!("../../../../docs/guides/teams.md");
        for row in scopes() {
            assert!(guide.contains(&format!("`{}`", row.name)), "{}", row.name);
        }
    }

    #[test]
    fn scopes_are_distinct_and_say_what_they_let_through() {
        let names: BTreeSet<&str> = scopes().iter().map(|row| row.name).collect();
        assert_eq!(names.len(), scopes().len());
        for row in scopes() {
            assert!(!row.requests.is_empty() && !row.allows.is_empty(), "{row:?}");
            for rule in &row.requests {
                assert!(["GET", "POST", "ANY"].contains(&rule.method), "{row:?}");
                assert!(rule.pattern.starts_with("/api/"), "{row:?}");
                // A read scope is not to change anything by a wide pattern.
                assert!(!row.name.ends_with(":read") || rule.method != "ANY", "{row:?}");
            }
        }
    }

    #[test]
    fn a_key_passes_where_its_scopes_say_so() {
        let allow = |scope: &str, method: Method, pattern: &str| scopes_allow(&[scope.to_owned()], &method, pattern);
        for (scope, method, pattern, expected) in [
            ("bookings:read", Method::GET, "/api/bookings/my", true),
            ("bookings:read", Method::HEAD, "/api/bookings/{booking_id}", true),
            ("bookings:read", Method::POST, "/api/bookings/filter", true),
            ("bookings:read", Method::POST, "/api/bookings", false),
            ("bookings:write", Method::POST, "/api/bookings", true),
            ("bookings:write", Method::GET, "/api/bookings/my", true),
            ("bookings:write", Method::POST, "/api/bookingsx", false),
            ("bookings:write", Method::GET, "/api/user/me", false),
            ("company:read", Method::GET, "/api/companies/{company_id}", true),
            ("company:read", Method::GET, "/api/companies/{company_id}/api-keys", false),
            ("company:read", Method::PUT, "/api/companies/{company_id}", false),
            ("studios:write", Method::POST, "/api/teams/invite", false),
            ("unknown:write", Method::GET, "/api/bookings/my", false),
        ] {
            assert_eq!(allow(scope, method.clone(), pattern), expected, "{scope} {method} {pattern}");
        }
        let all: Vec<String> = scopes().iter().map(|row| row.name.to_owned()).collect();
        for closed in
            ["/api/auth/logout-all", "/api/user/me", "/api/companies/{company_id}/api-keys", "/api/admin/audit"]
        {
            assert!(!scopes_allow(&all, &Method::POST, closed), "{closed}");
        }
    }
}
