//! Conditions of sections: `[<100]` and the like, and those that sections have by their position.

/// When a section applies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Condition {
    Always,
    Less(f64),
    LessOrEqual(f64),
    Greater(f64),
    GreaterOrEqual(f64),
    Equal(f64),
    NotEqual(f64),
}

impl Condition {
    pub fn holds(self, x: f64) -> bool {
        match self {
            Condition::Always => true,
            Condition::Less(limit) => x < limit,
            Condition::LessOrEqual(limit) => x <= limit,
            Condition::Greater(limit) => x > limit,
            Condition::GreaterOrEqual(limit) => x >= limit,
            Condition::Equal(limit) => x == limit,
            Condition::NotEqual(limit) => x != limit,
        }
    }

    pub fn only_negative(self) -> bool {
        match self {
            Condition::Less(limit) => limit <= 0.0,
            Condition::LessOrEqual(limit) => limit < 0.0,
            _ => false,
        }
    }
}
