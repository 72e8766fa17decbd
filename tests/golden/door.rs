//! Doors.
use std::io::{self, Read};
use crate::locks::Lock;

mod signs;

/// A door.
#[derive(Debug, Clone)]
pub struct Door {
    name: String,
    width: u32,
}

const MOST: u32 = 3;

impl Door {
    /// Opens it.
    ///
    /// Twice.
    pub fn open(&mut self, at: u32) -> io::Result<u32> {
        let lock = Lock::new(&self.name)?;
        lock.turn(at.min(MOST));
        println!("open {}", self.name);
        Ok(convert::<u32>(at))
    }
}

pub trait Opens {
    fn open(&mut self, at: u32) -> u32;
}

enum State { Open, Shut }

macro_rules! wider {
    ($x:expr) => { $x + 1 };
}

// Alone.
fn alone(rows: &[u32]) -> usize { rows.iter().map(|row| row + 1).count() }
