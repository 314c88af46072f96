//! Files as Excel writes them.

use super::{FULL, parse, refusal};

#[test]
fn text_that_is_not_utf8_is_named_with_what_to_do() {
    let file = [FULL.as_bytes(), b"101,A,1,Gold,1,EUR,,,\nT\xfcr 3,A,1,Gold,1,EUR,,,\n"].concat();
    assert_eq!(
        refusal(file),
        "line 3: the text is not UTF-8 but most likely Windows-1252 or Latin-1, where \"Tür 3\" \
            would be here; in Excel, save it as \"CSV UTF-8 (Comma delimited)\""
    );
    assert!(refusal(b"R\xe4nge,row\n").starts_with("line 1: the text is not UTF-8"));
    let utf16 = |end: fn(u16) -> [u8; 2]| "section,row".encode_utf16().flat_map(end).collect();
    let (little, big): (Vec<u8>, Vec<u8>) = (utf16(u16::to_le_bytes), utf16(u16::to_be_bytes));
    for (mark, bytes) in
        [(&b"\xff\xfe"[..], &little), (b"", &little), (b"\xfe\xff", &big), (b"", &big)]
    {
        let message = refusal([mark, bytes].concat());
        assert!(message.starts_with("the file is in UTF-16"), "{message}");
        assert!(message.contains("save it as \"CSV UTF-8"), "{message}");
    }
    for workbook in [&b"PK\x03\x04..."[..], b"\xd0\xcf\x11\xe0..."] {
        assert!(refusal(workbook).starts_with("the file is a workbook and no text; in Excel"));
    }
}

#[test]
fn a_file_may_be_as_excel_writes_it() {
    let expected = parse(
        (FULL.to_owned()
            + "Rang 1,A,1,\"Gold, vorn\",4900,EUR,true,1.5,-2\n\
                Rang 1,A,2,\"Gold, vorn\",4900,EUR,,2,-2\n")
            .as_bytes(),
    );
    let expected = expected.unwrap();
    for file in [
        // Germany: semicolons and decimal commas, a cell with a line break, a list that was longer.
        "\u{feff}section;row;number;category;price_minor;currency;accessible;x;y\r\n\
            \"Rang\r\n1\";A;1;Gold, vorn;4900;EUR;WAHR;1,5;-2\r\n\
            Rang 1;A;2;Gold, vorn;4900;EUR;FALSCH;2,0;-2\r\n;;;;;;;;\r\n",
        "sep=;\r\nsection;row;number;category;price_minor;currency;accessible;x;y;;\r\n\
            Rang 1;A;1;Gold, vorn;4900;EUR;VRAI;1,5;-2;;\r\n\
            Rang 1;A;2;Gold, vorn;4900;EUR;;2.0;-2;;\r\n",
        "section\trow\tnumber\tcategory\tprice_minor\tcurrency\taccessible\tx\ty\r\
            Rang\u{a0}1\tA\t1\t\"Gold, vorn\"\t4900\tEUR\tTRUE\t1.5\t-2\r\
            Rang 1\tA\t2\tGold, vorn\t4900\tEUR\tFALSE\t2\t-2\r",
    ] {
        assert_eq!(parse(file.as_bytes()).unwrap(), expected, "{file:?}");
    }
    let both = "section;row;number;category;price_minor;currency;x;y\n1;A;1;G;1;EUR;1.234,5;0\n";
    assert!(refusal(both).starts_with("line 2: x is \"1.234,5\"; it must be a number"));
}
