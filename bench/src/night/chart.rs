//! Seats a second, and how late the map is, against how many watch, as a picture.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::sale::{Case, Run};
use super::tell::{middle, middle_of_some};
use super::watching::Stream;
use crate::Result;

/// Read on light and on dark: a page of its own colour under it.
const STATUSES: RGBColor = RGBColor(0, 114, 178);
const CHANGES: RGBColor = RGBColor(213, 94, 0);
const SIZE: (u32, u32) = (960, 420);

/// What is drawn for one way of watching: how many watch, and what that gave.
struct Line {
    name: String,
    colour: ShapeStyle,
    points: Vec<(f64, f64)>,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws both, side by side.
pub(super) fn draw(measured: &[(Case, Vec<Run>)], path: &Path) -> Result<()> {
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let (left, right) = area.split_horizontally(SIZE.0 / 2);
    let seats = |runs: &[Run]| Some(middle(runs, |run| run.rush.tally.seats_per_second()));
    let lag = |runs: &[Run]| middle_of_some(runs, |run| run.rush.lag.p99_ms);
    panel(&left, ("Reservations while they watch", "seats a second"), &lines(measured, seats))?;
    panel(&right, ("How late the map is, p99", "milliseconds"), &lines(measured, lag))?;
    area.present()?;
    Ok(())
}

fn lines(measured: &[(Case, Vec<Run>)], what: impl Fn(&[Run]) -> Option<f64>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (stream, colour) in [(Stream::Statuses, STATUSES), (Stream::Changes, CHANGES)] {
        for (deflate, width) in [(false, 3), (true, 1)] {
            let is_meant =
                |case: &Case| case.count == 0 || (case.stream == stream && case.deflate == deflate);
            let points: Vec<(f64, f64)> = measured
                .iter()
                .filter(|(case, _)| is_meant(case))
                .filter_map(|(case, runs)| Some((case.count as f64, what(runs)?)))
                .collect();
            let name = format!("{}{}", stream.field(), if deflate { ", compressed" } else { "" });
            let is_there = measured.iter().any(|(case, _)| case.count > 0 && is_meant(case));
            if is_there {
                lines.push(Line { name, colour: colour.stroke_width(width), points });
            }
        }
    }
    lines
}

fn panel(area: &Area<'_>, (caption, unit): (&str, &str), lines: &[Line]) -> Result<()> {
    let points = || lines.iter().flat_map(|line| &line.points);
    let widest = points().map(|point| point.0).fold(1.0, f64::max);
    let highest = points().map(|point| point.1).fold(1.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .caption(caption, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..widest * 1.05, 0.0..highest * 1.3)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_desc("watchers")
        .y_desc(unit)
        .x_labels(6)
        .x_label_formatter(&|value| format!("{value:.0}"))
        .y_label_formatter(&|value| format!("{value:.0}"))
        .draw()?;
    for Line { name, colour, points } in lines {
        let colour = *colour;
        chart
            .draw_series(LineSeries::new(points.iter().copied(), colour))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 24, y)], colour));
        let dot = |&at| Circle::new(at, colour.stroke_width + 1, colour.color.filled());
        chart.draw_series(points.iter().map(dot))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .legend_area_size(32)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .draw()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::night::lag::Lag;
    use crate::night::sale::Paced;
    use crate::rush::load::Tally;

    fn run(seats: u64, p99_ms: Option<f64>) -> Run {
        let tally = Tally { reserved_in_time: seats, seconds: 1.0, ..Tally::default() };
        let lag = Lag { p50_ms: p99_ms, p99_ms };
        let (look, settled) = Default::default();
        let rush = Paced { tally, look, lag, seconds: 1.0, settled, cpu: [0.0; 4] };
        Run { half: rush.clone(), rush, peak_mib: 0.0, idle_kib: 0.0, peak_kib: 0.0 }
    }

    #[test]
    fn each_way_of_watching_that_was_measured_has_a_line() {
        let case = |stream, count| Case { stream, deflate: false, count };
        let measured = vec![
            (case(Stream::Statuses, 0), vec![run(20_000, None)]),
            (case(Stream::Statuses, 1_000), vec![run(18_000, Some(80.0))]),
            (case(Stream::Statuses, 10_000), vec![run(15_000, Some(900.0))]),
            (case(Stream::Changes, 1_000), vec![run(9_000, Some(700.0))]),
        ];
        let path = std::env::temp_dir().join(format!("night-{}.svg", std::process::id()));
        draw(&measured, &path).unwrap();
        let picture = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        assert!(picture.contains("seatStatuses") && picture.contains("seatChanges"));
        assert!(!picture.contains("compressed"), "that was not measured");
        // Two lines in each of two panels, and those of the legends.
        assert!(picture.matches("<polyline").count() >= 8, "{picture}");
    }
}
