//! Random bytes from the operating system, for names and secrets that nobody may guess.

use std::io;

/// `N` random bytes as hexadecimal digits. Never waits once the machine has booted.
///
/// # Errors
/// When the system has no generator, or does not let this process use it.
pub(crate) fn hex<const N: usize>() -> io::Result<String> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::hex;

    #[test]
    fn random_names_have_two_digits_a_byte_and_differ() -> std::io::Result<()> {
        let (one, other) = (hex::<24>()?, hex::<24>()?);
        assert_eq!(one.len(), 48);
        assert!(one.bytes().all(|digit| digit.is_ascii_hexdigit()));
        assert_ne!(one, other);
        Ok(())
    }
}
