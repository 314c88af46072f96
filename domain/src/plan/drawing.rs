//! What a map shows beside seats.

use std::borrow::Cow;

use strum::FromRepr;

use super::error::PlanError;
use super::excerpt::Excerpt;
use super::fields::{is_coordinate, label};
use super::limits::{MAX_SHAPE_POINTS, MAX_SHAPES};
use super::names::NamedFloors;

/// What a map shows beside seats, and where everybody looks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Drawing {
    /// Seats nearer to it are better. In the plan's units.
    pub focal_point: Option<Point>,
    /// From the one at the back to the one in front, up to [`MAX_SHAPES`].
    pub shapes: Vec<PlannedShape>,
}

/// A point of a map, in the units of the plan's seats; y grows down the screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Grows to the right.
    pub x: f64,
    /// Grows downwards.
    pub y: f64,
}

/// A shape, as planned.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedShape {
    /// What it is.
    pub kind: ShapeKind,
    /// What is written there; a label has one.
    pub label: Option<String>,
    /// The floor it is on; `None`: on each.
    pub floor: Option<String>,
    /// Its corners, 3 to [`MAX_SHAPE_POINTS`]; the one point of a label.
    pub points: Vec<Point>,
}

/// What a shape is.
///
/// Each has the number that stands for it in a database: never changed, never given to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRepr)]
#[repr(i16)]
pub enum ShapeKind {
    /// Where everybody looks.
    Stage = 0,
    /// The edge of a section, a floor or a hall.
    Outline = 1,
    /// A text at a point.
    Label = 2,
}

impl ShapeKind {
    /// The number that stands for it in a database.
    #[must_use]
    pub const fn code(self) -> i16 {
        self as i16
    }

    /// What a number stands for; `None` for a number that no version has written.
    #[must_use]
    pub const fn from_code(code: i16) -> Option<Self> {
        Self::from_repr(code)
    }

    /// Whether it may have so many points.
    const fn takes(self, points: usize) -> bool {
        match self {
            Self::Stage | Self::Outline => 3 <= points && points <= MAX_SHAPE_POINTS,
            Self::Label => points == 1,
        }
    }
}

impl Point {
    /// Whether both are coordinates.
    #[must_use]
    pub fn is_valid(self) -> bool {
        is_coordinate(self.x) && is_coordinate(self.y)
    }
}

impl PlannedShape {
    /// Whether it has as many points, and what is written there, as its kind takes.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let is_written = self.kind != ShapeKind::Label || self.label.is_some();
        is_written && self.kind.takes(self.points.len())
    }
}

impl Drawing {
    /// Checks everything and leaves texts as names are kept.
    ///
    /// # Errors
    /// The first rule that is broken, and where.
    pub(super) fn checked(mut self, floors: &mut NamedFloors) -> Result<Self, PlanError> {
        if self.focal_point.is_some_and(|point| !point.is_valid()) {
            return Err(PlanError::FocalPoint);
        }
        if self.shapes.len() > MAX_SHAPES {
            return Err(PlanError::TooManyShapes(self.shapes.len()));
        }
        for (index, shape) in self.shapes.iter_mut().enumerate() {
            let texts = [("label", &mut shape.label), ("floor", &mut shape.floor)];
            for (field, text) in texts {
                let Some(written) = text else { continue };
                let kept = label(written).map(Cow::into_owned).ok_or_else(|| {
                    let value = Excerpt::of(written);
                    PlanError::ShapeLabel { index, field, value }
                })?;
                *written = kept;
            }
            if let Some(floor) = &shape.floor {
                let shape = format!("shape {}", index + 1);
                floors.name(floor).map_err(|clash| PlanError::floor(shape, floor, &clash))?;
            }
            if !shape.is_whole() || !shape.points.iter().all(|point| point.is_valid()) {
                return Err(PlanError::Shape { index });
            }
        }
        Ok(self)
    }
}
