//! Local time of timestamps that have a time zone: a cell holds the date and the time that a clock there shows.

use arrow_array::timezone::Tz;
use arrow_schema::ArrowError;
use chrono::{DateTime, Offset, TimeZone};

pub struct Zone(Option<Tz>);

impl Zone {
    /// The zone of a timestamp type: a name of the time zone database or an offset. Without one, clocks show what is
    /// written.
    pub fn new(name: Option<&str>) -> Result<Zone, ArrowError> {
        name.filter(|name| !name.is_empty()).map(str::parse).transpose().map(Zone)
    }

    /// How many seconds clocks are ahead of UTC at a moment in seconds since 1970.
    pub fn offset(&self, moment: f64) -> f64 {
        let Zone(Some(zone)) = self else { return 0.0 };
        // Moments that have no date here have none in Excel, either.
        DateTime::from_timestamp(moment.floor() as i64, 0).map_or(0.0, |moment| {
            f64::from(zone.offset_from_utc_datetime(&moment.naive_utc()).fix().local_minus_utc())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Oracle: Python 3.11, `datetime.fromtimestamp(moment, ZoneInfo(name)).utcoffset()`.
    #[test]
    fn offsets_of_moments() {
        let (winter, summer) = (1_705_276_800.0, 1_720_000_000.0);
        for (name, in_winter, in_summer) in [
            (None, 0.0, 0.0),
            (Some(""), 0.0, 0.0),
            (Some("UTC"), 0.0, 0.0),
            (Some("Europe/Berlin"), 3_600.0, 7_200.0),
            (Some("Asia/Kolkata"), 19_800.0, 19_800.0),
            (Some("America/New_York"), -18_000.0, -14_400.0),
            (Some("Etc/GMT+5"), -18_000.0, -18_000.0),
            (Some("+01:30"), 5_400.0, 5_400.0),
            (Some("-0300"), -10_800.0, -10_800.0),
        ] {
            let zone = Zone::new(name).unwrap();
            assert_eq!((zone.offset(winter), zone.offset(summer)), (in_winter, in_summer), "{name:?}");
            assert_eq!(zone.offset(1e300) * 0.0, 0.0, "{name:?}");
        }
        // The last second of summer time in Berlin, and the next.
        let berlin = Zone::new(Some("Europe/Berlin")).unwrap();
        assert_eq!((berlin.offset(1_729_990_799.5), berlin.offset(1_729_990_800.0)), (7_200.0, 3_600.0));
        assert!(Zone::new(Some("Europe/Nowhere")).is_err());
    }
}
