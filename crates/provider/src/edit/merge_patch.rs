//! The difference of two values as a JSON merge patch (RFC 7396).

use super::lookup::Lookup;
use crate::document::Value;

/// The merge patch that turns `old` into `new`.
pub(super) fn merge_patch_of(old: &Value, new: &Value) -> Value {
    let (Value::Object(before), Value::Object(after)) = (old, new) else {
        return new.clone();
    };
    let (was, is) = (Lookup::new(before), Lookup::new(after));
    let mut members: Vec<(String, Value)> = Vec::new();
    for (key, value) in after {
        match was.find(key) {
            Some(was) if was == value => {}
            Some(was) => members.push((key.clone(), merge_patch_of(was, value))),
            None => members.push((key.clone(), value.clone())),
        }
    }
    for (key, _) in before {
        if is.find(key).is_none() {
            members.push((key.clone(), Value::Null));
        }
    }
    Value::Object(members)
}
