//! The curves of latency against load, ours and raw SQL's, as a picture.

use std::path::Path;

use plotters::prelude::*;

use super::latency::{Curves, Point};
use crate::Result;

/// Read on light and on dark: a page of its own colour under it.
const OURS: RGBColor = RGBColor(0, 114, 178);
const RAW: RGBColor = RGBColor(213, 94, 0);
const SIZE: (u32, u32) = (960, 480);

/// Draws the curves: the median and the slowest hundredth, over reservations a second.
pub(crate) fn draw(curves: &Curves, path: &Path) -> Result<()> {
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let all = || curves.raw.iter().chain(&curves.ours);
    let fastest = all().map(|point| point.p50).fold(f64::INFINITY, f64::min);
    let slowest = all().map(|point| point.p99).fold(0.0, f64::max);
    let most = all().map(|point| point.done).fold(0.0, f64::max);
    let mut chart = ChartBuilder::on(&area)
        .caption(
            "Latency against load: one hot event of 100,000 seats, 2 cores for everything",
            ("sans-serif", 18),
        )
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..most * 1.05, (fastest * 0.7..slowest * 1.5).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_desc("reservations a second")
        .y_desc("milliseconds")
        .x_label_formatter(&|value| format!("{:.0}", value))
        .y_label_formatter(&|value| format!("{value}"))
        .draw()?;
    for (name, points, colour) in [
        ("Grand Arena, GraphQL over HTTP", &curves.ours, OURS),
        ("raw SQL, one at a time (pgbench)", &curves.raw, RAW),
    ] {
        let line = |of: fn(&Point) -> f64| {
            points.iter().map(move |point| (point.done, of(point))).collect::<Vec<_>>()
        };
        for (part, values, width) in
            [("p99", line(|point| point.p99), 3), ("p50", line(|point| point.p50), 1)]
        {
            chart
                .draw_series(LineSeries::new(values.iter().copied(), colour.stroke_width(width)))?
                .label(format!("{name}: {part}"))
                .legend(move |(x, y)| {
                    PathElement::new([(x, y), (x + 24, y)], colour.stroke_width(width))
                });
            chart.draw_series(
                values.iter().map(|&at| Circle::new(at, width + 1, colour.filled())),
            )?;
        }
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .legend_area_size(32)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .draw()?;
    area.present()?;
    Ok(())
}
