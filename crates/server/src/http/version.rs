//! The query's `api-version`.

use super::ApiError;

/// `api-version=YYYY-MM-DD`, perhaps with `-preview`, not before `oldest`.
pub(crate) fn check(query: &str, oldest: &str) -> Result<(), ApiError> {
    let version = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("api-version="))
        .ok_or_else(|| ApiError::bad_request(format!("the query needs api-version={oldest} or later")))?;
    let date = version.get(..10).unwrap_or_default();
    let shape =
        date.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    let rest = version.get(10..).unwrap_or_default();
    let known =
        !date.is_empty() && shape && (rest.is_empty() || rest.starts_with("-preview")) && date >= oldest;
    match known {
        true => Ok(()),
        false => Err(ApiError::bad_request(format!(
            "this api-version is not supported: use {oldest} or a later date"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLDEST: &str = "2023-10-01";

    #[test]
    fn versions_from_the_oldest_on_are_spoken() {
        for good in ["2023-10-01", "2026-09-23", "2025-03-02-preview", "2023-10-01&x=y"] {
            let query = format!("api-version={good}");
            assert_eq!(check(&query, OLDEST), Ok(()), "{good}");
            assert_eq!(check(&format!("a=b&{query}"), OLDEST), Ok(()), "{good}");
        }
        for bad in [
            "",
            "api-version=",
            "api-version=2022-10-01",
            "api-version=latest",
            "api-version=2023-1-01",
            "api-version=2023-10-01x",
            "version=2023-10-01",
            "api-version=2023-10-0é",
        ] {
            assert!(check(bad, OLDEST).is_err(), "{bad}");
        }
    }
}
