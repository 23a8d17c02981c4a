//! The blocks of a PEM file (RFC 7468).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// One block: `-----BEGIN LABEL-----` … `-----END LABEL-----`.
pub(in crate::azure) struct Block {
    /// `CERTIFICATE`, `PRIVATE KEY`, `RSA PRIVATE KEY`, …
    pub(in crate::azure) label: String,
    /// The bytes; `None` when they are not base64, as in a block with headers (an encrypted key of old).
    pub(in crate::azure) der: Option<Zeroizing<Vec<u8>>>,
}

/// All blocks in their order. Text around them (`Bag Attributes` of a converted .pfx) is passed over, and a block without
/// its end is none.
pub(in crate::azure) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let Some((label, after)) = after.split_once("-----") else { break };
        let Some((body, after)) = after.split_once(&format!("-----END {label}-----")) else { break };
        let base64 = Zeroizing::new(body.split_whitespace().collect::<String>());
        blocks.push(Block { label: label.to_owned(), der: STANDARD.decode(base64.as_bytes()).ok().map(Zeroizing::new) });
        rest = after;
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_among_other_text() {
        let text = "Bag Attributes\n-----BEGIN CERTIFICATE-----\r\nAQID\r\nBAU=\r\n-----END CERTIFICATE-----\nKey:\n\
            -----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAQID\n-----END RSA PRIVATE KEY-----\n-----BEGIN X-----\nAQID";
        let blocks: Vec<(String, Option<Vec<u8>>)> =
            blocks(text).into_iter().map(|block| (block.label, block.der.map(|der| der.to_vec()))).collect();
        assert_eq!(blocks, [("CERTIFICATE".to_owned(), Some(vec![1, 2, 3, 4, 5])), ("RSA PRIVATE KEY".to_owned(), None)]);
    }
}
