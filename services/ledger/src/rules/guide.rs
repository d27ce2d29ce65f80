//! The guide's tables are true: every rule stands in `docs/guides/ledger.md` with the numbers that it makes.

use kernel::{CompanyId, Currency, Money, UserId};

use super::*;

const GUIDE: &str = include_str!("../../../../docs/guides/ledger.md");

struct Story {
    company: CompanyId,
    customer: UserId,
}

impl Story {
    /// How the guide calls an account.
    fn name(&self, line: &Line, code: &AccountCode) -> String {
        match (line.account, code) {
            (Role::CompanyShare, _) => "share".to_owned(),
            (_, AccountCode::CompanyPending(_)) => "company pending".to_owned(),
            (_, AccountCode::CompanyPayable(_)) => "company payable".to_owned(),
            (_, AccountCode::CompanyReserve(_)) => "company reserve".to_owned(),
            (_, AccountCode::Receivable(_)) => "company receivable".to_owned(),
            (_, AccountCode::Cash(_)) => "company cash".to_owned(),
            (_, AccountCode::CustomerWallet(_)) => "customer wallet".to_owned(),
            (_, AccountCode::CustomerCredits(_)) => "customer credits".to_owned(),
            (_, code) => format!("`{code}`"),
        }
    }

    fn row(&self, rule: &Rule) -> String {
        let cast = Cast {
            provider: Some("stripe".parse().unwrap()),
            company: Some(self.company),
            customer: Some(self.customer),
            tax_country: Some("DE".parse().unwrap()),
            ..Cast::new(Currency::EUR)
        };
        let rates = Rates { commission: "10".parse().unwrap(), vat: "19".parse().unwrap() };
        let parts = Split::new(Money::new(10_710, Currency::EUR), 9_000, 10_710, rates).unwrap().parts();
        let side = |side: Side| {
            let lines = rule.lines.iter().filter(|line| line.side == side);
            let cells = lines.map(|line| {
                let code = cast.account(line.account).unwrap();
                format!("{} {}", self.name(line, &code), crate::exports::major(line.part.of(parts), Currency::EUR))
            });
            cells.collect::<Vec<_>>().join(", ")
        };
        format!("| `{}` | {} | {} |", rule.kind.as_str(), side(Side::Debit), side(Side::Credit))
    }
}

#[test]
fn every_rule_stands_in_the_guide_with_its_numbers() {
    let story = Story { company: CompanyId::new(), customer: UserId::new() };
    let missing: Vec<String> =
        RULES.iter().map(|rule| story.row(rule)).filter(|row| !GUIDE.lines().any(|line| line == row)).collect();
    assert!(missing.is_empty(), "docs/guides/ledger.md should have\n{}", missing.join("\n"));
}

#[test]
fn every_account_stands_in_the_guide_with_its_number_and_kind() {
    let rows: Vec<Vec<&str>> = GUIDE
        .lines()
        .filter(|line| line.starts_with("| `") && line.matches('|').count() == 5)
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .filter(|cells: &Vec<&str>| cells[1].parse::<u16>().is_ok())
        .collect();
    assert_eq!(rows.len(), 19);
    for cells in rows {
        let (company, user) = (CompanyId::new().to_string(), UserId::new().to_string());
        let owner = if cells[0].contains("customer") { user } else { company };
        let text = cells[0].trim_matches('`').replace("<id>", &owner).replace("<name>", "stripe");
        let code: AccountCode = text.replace("<country>", "DE").parse().unwrap_or_else(|_| panic!("{text}"));
        assert_eq!(cells[1], code.number().to_string(), "{text}");
        assert_eq!(cells[2], code.kind().as_str(), "{text}");
    }
}
