//! Random bytes from the operating system, for names and secrets that nobody may guess.

use std::io;

/// `N` random bytes as hexadecimal digits. Never waits once the machine has booted.
///
/// # Errors
/// When the system has no generator, or does not let this process use it.
pub(crate) fn hex<const N: usize>() -> io::Result<String> {
    Ok(bytes::<N>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// `N` random bytes. Never waits once the machine has booted.
///
/// # Errors
/// When the system has no generator, or does not let this process use it.
pub(crate) fn bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// `count` numbers of 128 random bits. Never waits once the machine has booted.
///
/// # Errors
/// When the system has no generator, or does not let this process use it.
pub(crate) fn numbers(count: usize) -> io::Result<Vec<u128>> {
    // One call for all of them: each is a way into the operating system.
    let mut bytes = vec![[0; size_of::<u128>()]; count];
    getrandom::fill(bytes.as_flattened_mut())?;
    Ok(bytes.into_iter().map(u128::from_le_bytes).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_names_have_two_digits_a_byte_and_differ() -> std::io::Result<()> {
        let (one, other) = (hex::<24>()?, hex::<24>()?);
        assert_eq!(one.len(), 48);
        assert!(one.bytes().all(|digit| digit.is_ascii_hexdigit()));
        assert_ne!(one, other);
        Ok(())
    }

    #[test]
    fn random_numbers_are_as_many_as_asked_for_and_differ() -> std::io::Result<()> {
        let mut numbers = numbers(1_000)?;
        assert!(numbers.iter().any(|number| *number > u128::MAX / 2), "of all their bits");
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 1_000);
        Ok(())
    }
}
