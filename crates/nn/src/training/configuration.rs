//! Whether two configurations are the same, and where they first differ.

use serde_json::Value;

/// The first difference, as `path: stored A, now B`; none if they are equal.
pub(super) fn difference(stored: &Value, now: &Value) -> Option<String> {
    differ("", stored, now)
}

fn differ(path: &str, stored: &Value, now: &Value) -> Option<String> {
    if let (Value::Object(a), Value::Object(b)) = (stored, now) {
        let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
        let null = &Value::Null;
        return keys.into_iter().find_map(|key| {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            differ(&path, a.get(key).unwrap_or(null), b.get(key).unwrap_or(null))
        });
    }
    (stored != now).then(|| format!("`{path}` was {stored} and is now {now}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_difference_is_named_by_its_path() {
        let stored = json!({"model": "c", "optimiser": {"rate": 0.1, "momentum": 0.9}});
        assert_eq!(difference(&stored, &stored.clone()), None);
        let now = json!({"model": "c", "optimiser": {"rate": 0.2, "momentum": 0.9}});
        assert_eq!(difference(&stored, &now).unwrap(), "`optimiser.rate` was 0.1 and is now 0.2");
        let more = json!({"model": "c", "optimiser": {"rate": 0.1, "momentum": 0.9}, "seed": 1});
        assert_eq!(difference(&stored, &more).unwrap(), "`seed` was null and is now 1");
    }
}
