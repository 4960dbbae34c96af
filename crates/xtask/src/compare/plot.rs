//! The plots of the report, as SVG.

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;

use super::row::Row;
use super::stats::Mean;

const COLOURS: [RGBColor; 3] = [RGBColor(31, 111, 235), RGBColor(194, 65, 12), RGBColor(21, 128, 61)];
const SYSTEMS: [&str; 3] = ["us", "wrtc", "chromium"];
const GREY: RGBColor = RGBColor(110, 118, 129);
const FONT: (&str, u32) = ("sans-serif", 13);

fn colour(system: &str) -> RGBColor {
    let index = SYSTEMS.iter().position(|name| *name == system).unwrap_or(0);
    COLOURS[index]
}

/// Draws into a string of SVG.
fn svg(
    size: (u32, u32),
    draw: impl FnOnce(&DrawingArea<SVGBackend<'_>, Shift>) -> Result<()>,
) -> Result<String> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        draw(&area)?;
        area.present().map_err(problem)?;
    }
    Ok(text)
}

fn problem(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("a plot could not be drawn: {error}")
}

/// A little more than the largest value, and never nothing.
fn above(values: impl Iterator<Item = f64>) -> f64 {
    let most = values.filter(|value| value.is_finite()).fold(0.0, f64::max);
    if most > 0.0 { most * 1.12 } else { 1.0 }
}

fn names(rows: &[Row]) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for row in rows {
        if !found.contains(&row.system.as_str()) {
            found.push(&row.system);
        }
    }
    found
}

/// Delay against concealment: one point a system and network. DRED is shown by a ring: as if it were concealed.
pub fn delay_against_concealment(rows: &[Row]) -> Result<String> {
    svg((900, 480), |area| {
        let wide = above(rows.iter().map(|row| row.p50_ms));
        let high = above(rows.iter().map(|row| row.concealed_pct + row.dred_pct.unwrap_or(0.0)));
        let mut chart = ChartBuilder::on(area)
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(50)
            .build_cartesian_2d(0.0..wide, -0.02 * high..high)
            .map_err(problem)?;
        chart
            .configure_mesh()
            .x_desc("push to pop, p50 [ms]")
            .y_desc("concealed [%]")
            .label_style(FONT.into_font().color(&GREY))
            .axis_style(GREY)
            .light_line_style(TRANSPARENT)
            .bold_line_style(GREY.mix(0.2))
            .draw()
            .map_err(problem)?;
        for row in rows.iter().filter(|row| row.p50_ms.is_finite()) {
            let colour = colour(&row.system);
            let at = (row.p50_ms, row.concealed_pct);
            chart.draw_series([Circle::new(at, 5, colour.filled())]).map_err(problem)?;
            if let Some(dred) = row.dred_pct.filter(|dred| *dred > 0.0) {
                let ring = Circle::new((row.p50_ms, row.concealed_pct + dred), 5, colour.stroke_width(2));
                chart.draw_series([ring]).map_err(problem)?;
            }
            let font = ("sans-serif", 11).into_font().color(&colour);
            let label = EmptyElement::at(at) + Text::new(row.case, (8, -6), font);
            chart.draw_series([label]).map_err(problem)?;
        }
        Ok(())
    })
}

/// What bars show.
#[derive(Clone, Copy)]
pub struct Bars {
    pub title: &'static str,
    /// Where the bars begin.
    pub from: f64,
    pub of: fn(&Row) -> Option<Mean>,
}

/// A group of bars a network, a bar a system, with its 95 % interval.
pub fn bars(rows: &[Row], bars: Bars) -> Result<String> {
    let mut cases: Vec<&str> = rows.iter().map(|row| row.case).collect();
    cases.dedup();
    let systems = names(rows);
    let width = 1.0 / (systems.len() as f64 + 1.0);
    svg((900, 260), |area| {
        let high =
            above(rows.iter().filter_map(bars.of).map(|mean| mean.value + mean.half_width - bars.from));
        let mut chart = ChartBuilder::on(area)
            .margin(12)
            .caption(bars.title, ("sans-serif", 15).into_font().color(&GREY))
            .x_label_area_size(28)
            .y_label_area_size(50)
            .build_cartesian_2d(0.0..cases.len() as f64, bars.from..bars.from + high)
            .map_err(problem)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(0)
            .label_style(FONT.into_font().color(&GREY))
            .axis_style(GREY)
            .light_line_style(TRANSPARENT)
            .bold_line_style(GREY.mix(0.2))
            .draw()
            .map_err(problem)?;
        for row in rows {
            let (Some(case), Some(system), Some(mean)) = (
                cases.iter().position(|case| *case == row.case),
                systems.iter().position(|system| *system == row.system),
                (bars.of)(row).filter(|mean| mean.value.is_finite()),
            ) else {
                continue;
            };
            let left = case as f64 + (system as f64 + 0.5) * width;
            let bar = Rectangle::new(
                [(left, bars.from), (left + 0.9 * width, mean.value)],
                colour(&row.system).filled(),
            );
            chart.draw_series([bar]).map_err(problem)?;
            if mean.half_width > 0.0 {
                let (low, high) = (mean.value - mean.half_width, mean.value + mean.half_width);
                let middle = left + 0.45 * width;
                let whisker = ErrorBar::new_vertical(middle, low, mean.value, high, GREY.stroke_width(1), 6);
                chart.draw_series([whisker]).map_err(problem)?;
            }
        }
        let labels = cases.iter().enumerate().map(|(index, case)| {
            let (x, y) = chart.backend_coord(&(index as f64 + 0.3, bars.from));
            (case, (x, y + 8))
        });
        let labels: Vec<_> = labels.collect();
        for (case, at) in labels {
            area.draw(&Text::new((*case).to_owned(), at, FONT.into_font().color(&GREY))).map_err(problem)?;
        }
        Ok(())
    })
}

/// The colours' meaning, as HTML.
pub fn legend(rows: &[Row]) -> String {
    names(rows)
        .into_iter()
        .map(|system| {
            let RGBColor(red, green, blue) = colour(system);
            format!("<span style=\"color: rgb({red},{green},{blue})\">● {system}</span> ")
        })
        .collect()
}
