//! Keys made with openssl for these tests and used nowhere else: whoever reads this has them, so
//! trust none of them. Binary values are base64url without padding.

/// A secret of exactly the least length.
pub(super) const TEST_SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

/// 2048 bits, PKCS #1.
pub(super) const TEST_RSA_PRIVATE: &str = "\
    MIIEpAIBAAKCAQEA3hymtcnDx1vywUrGy1_hA39_A7A14F31VpIHmwdN-6LwVi5U_b5DENaPUi4sNSO7vQ8BMqBn\
    4zbwAOJuSlwIUL-a6EshJWH4IG_djpx7OhNPQPk8qhEPpxxQNMKiz0J62ZANPCEUaeQ5RWoybHoWq_8Dm_OljphP\
    gmG-QstxxGg4HnobUe1zFC35n98-FGpLwFjs35sqRAJh23g-mYpxYW9AuKdaMPYvB2gmjFenujohz1Fz5I_MkZ5t\
    W8z6JuDCqQv2OKb8BDNhmNYq9584hqGDyVivJwnXX-UbYDx1wq5cEP97f0TaygugMVIfqeSzvKkk283nzJ2HjHZ1\
    9lw4uQIDAQABAoIBAAgis4aIF-g2-XrUAtkTL3pB0sSvUSHhPynHGok2qMgVTUlS1CEhNXKp8UD42PyvTOKdaJVS\
    o8uCSSM3KAQIP_O5OPLWQaYNYxnJDyv4lljnuSjvmCXAjzq3QkbUdEM0M6zBZoKz0XwZdHGS9Lrdc_Qj2J1_PKqu\
    8IadjusCaa3gc-h1HEVVXluHJL7wGmMOVtdFahehyRlPqoctBKErZNcu7VUx5Tzmvxyg_lwAJKEasAI4T3wwlMRs\
    PgWlGv8yTLR-6Iyk1eLzFjzuFIwgbtvq1Y9kpFWyYMwMpeNCi6TWVQE8ao6xbo4QPa-XEaCYsqur_XeD3oH_Tb1f\
    nAClhCkCgYEA9GeDfW5CYL2SYr3lVCUTRmWE2DJY5_85hVfSnJOxebJ9weREuysjtZNdxdH9IqgLmAl7_hiYPamN\
    aOm0VD_a3V0UA-W0_lHM7qGBBWpF-JfFM1Um2KB8UzXLkDjTLwngyS1EdxbkFpNVmdGrVmSAut03hdi7b1dkJm25\
    s26NTN0CgYEA6KZgz26BI9bLVj9cC54bJqte_-3zoyUVPGeKkOLrQYbDXrd10wiYuZz7E1unLu3jjhoMhSdNCdBW\
    Se_DXuX6cSEjgYq7i7eFn2G61adD7CBgV650TnboHIOG6gYlMawPw3V39buCLEyYTD5nk4Eu8P66Ej2jL0K_g0fd\
    aAPwv40CgYEAiSWtO62rwe2fP5mgHt_POSmuqkNWcJlgBduKbCLU7J2kxDD8AKvsle_kJyX3DoOOPfrUgXn7tF54\
    4-6BKuXKQ33_xVAZiL0OarpmVEuWiDFij7Ow4M7t9SOy33ODzlmUsk-co9dMlv6GgpKNuyUat8F7brh4NbqskIPy\
    OSZIVGECgYB6k_76C_0axvdHsAZtUJZ5n11kdxkhYk54Dw3hHM5bLggOBZec4zCky2M2ZdoGTezRWEQ0e-qJOy3b\
    suo7O-ziYlV00YXTLZTHzxRDseeFp-FbEV3SYbAWJe6Vqzs5mrCLiX71CCCj-o9bzJ2CCFSVQYEET1mFcyO4pcqw\
    HTNhmQKBgQDz1tsNs0K0pOiJBh4wh4h_hUURi4Ch_ElwfBV2N-QG18kEOq7A9SzhJURMeWyEZ81ZcjbxfeORXSWt\
    6Jf_b_XFkpg25qB3rClRu7tWU6z-uxoE75I0MXhADgbwR_J8vTXk6BOjpXDt6SDM7Gj03IJHGFW6boNwMDv_n7CS\
    cbAKzA";

/// Its modulus; the exponent is `AQAB`.
pub(super) const TEST_RSA_N: &str = "\
    3hymtcnDx1vywUrGy1_hA39_A7A14F31VpIHmwdN-6LwVi5U_b5DENaPUi4sNSO7vQ8BMqBn4zbwAOJuSlwIUL-a\
    6EshJWH4IG_djpx7OhNPQPk8qhEPpxxQNMKiz0J62ZANPCEUaeQ5RWoybHoWq_8Dm_OljphPgmG-QstxxGg4Hnob\
    Ue1zFC35n98-FGpLwFjs35sqRAJh23g-mYpxYW9AuKdaMPYvB2gmjFenujohz1Fz5I_MkZ5tW8z6JuDCqQv2OKb8\
    BDNhmNYq9584hqGDyVivJwnXX-UbYDx1wq5cEP97f0TaygugMVIfqeSzvKkk283nzJ2HjHZ19lw4uQ";

/// Its public half as the PEM text that an attacker would use as an HMAC secret.
pub(super) const TEST_RSA_PUBLIC_PEM: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA3hymtcnDx1vywUrGy1/h\n\
A39/A7A14F31VpIHmwdN+6LwVi5U/b5DENaPUi4sNSO7vQ8BMqBn4zbwAOJuSlwI\n\
UL+a6EshJWH4IG/djpx7OhNPQPk8qhEPpxxQNMKiz0J62ZANPCEUaeQ5RWoybHoW\n\
q/8Dm/OljphPgmG+QstxxGg4HnobUe1zFC35n98+FGpLwFjs35sqRAJh23g+mYpx\n\
YW9AuKdaMPYvB2gmjFenujohz1Fz5I/MkZ5tW8z6JuDCqQv2OKb8BDNhmNYq9584\n\
hqGDyVivJwnXX+UbYDx1wq5cEP97f0TaygugMVIfqeSzvKkk283nzJ2HjHZ19lw4\n\
uQIDAQAB\n\
-----END PUBLIC KEY-----\n\
";

/// P-256, PKCS #8.
pub(super) const TEST_EC_PRIVATE: &str = "\
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgRAHlJ2LRQeFdB9lP3szgfCYrLPTZRynwYhxjzxQc\
    dlmhRANCAATEo4Ppwbkvd5h-4vA2gaARLDw7RE7pAVd7PdgTqazpIxQ2VhKn2AIZZmLBluonRabbah0Wz2O_9xRB\
    t6g6h4AA";

/// Its point.
pub(super) const TEST_EC_X: &str = "xKOD6cG5L3eYfuLwNoGgESw8O0RO6QFXez3YE6ms6SM";

/// Its point.
pub(super) const TEST_EC_Y: &str = "FDZWEqfYAhlmYsGW6idFpttqHRbPY7_3FEG3qDqHgAA";

/// Ed25519, PKCS #8.
pub(super) const TEST_ED_PRIVATE: &str =
    "MC4CAQAwBQYDK2VwBCIEIFqQuQWCv-7wA6AxdyhZ6ib--yUbz26pW-xDj0RDXftL";

/// Its public half.
pub(super) const TEST_ED_X: &str = "DafQ9vLkwJSj8ebf7K8yB43ufQamMooka-INWMmsVAY";

/// A modulus of 1024 bits.
pub(super) const SHORT_RSA_N: &str = "\
    8xHdjKbMAjf5F2M3AVk7fNRESZpS6wh2eXLXWfubcerAu6mxZo1A-ucYleGfXjv6fuqgact9EiCvGH9fXGdRNZQH\
    glT6exJy2FMOdxW3glin9tMhCkSv1BwP2FRrx0T5qWkzP6zNukBBM0q5ip2hXU-Wlyi0By7ULWIfvicvGE0";

/// Signed by Python's hmac: alice, an admin until the second 2,000,000,000.
pub(super) const FOREIGN_HS256: &str = "\
    eyJhbGciOiAiSFMyNTYiLCAidHlwIjogIkpXVCJ9.eyJzdWIiOiAiYWxpY2UiLCAiZXhwIjogMjAwMDAwMDAwMCw\
    gInJvbGVzIjogWyJBRE1JTiJdfQ._Wx0vokfJVIy5FdMgPP_z7waEk3c8WwXp4U3mOn-LWk";

/// Signed by openssl: alice, an admin until the second 2,000,000,000.
pub(super) const FOREIGN_RS256: &str = "\
    eyJhbGciOiAiUlMyNTYiLCAidHlwIjogIkpXVCJ9.eyJzdWIiOiAiYWxpY2UiLCAiZXhwIjogMjAwMDAwMDAwMCw\
    gInJvbGVzIjogWyJBRE1JTiJdfQ.hzacqWGhbh-QSc_RSQap24grNLLvf4AKu_BmDmgbD1MRgxpOBKzx_3_YkNNl\
    iCo15zivfPg7n9fRvKfEQKxfVU4haiCjZf6ECaEcHoAS1e4nEmU97nHAQZE1yCvFb3J4Xf35b8OlBimq2ZKVHphH\
    j8bpQ28VWFzE3ux9NKKogQQnUgaBYFum0KZA7rOsqxreEw1RNYgJGXk8-K2mN71Oce0aKJHcw2gf39Uc2D3Ay-LN\
    DpMKNxrCTcs_0b5jA5vcP5JCM5OIFLuiOYKOxGyznhknqlggllfnI_5dbmtCk1ES0njjGpKSb2V3Fc1FMwpIl8Yx\
    W72fazJ1VUY5J1n-jw";

/// Signed by openssl: alice, an admin until the second 2,000,000,000.
pub(super) const FOREIGN_ES256: &str = "\
    eyJhbGciOiAiRVMyNTYiLCAidHlwIjogIkpXVCJ9.eyJzdWIiOiAiYWxpY2UiLCAiZXhwIjogMjAwMDAwMDAwMCw\
    gInJvbGVzIjogWyJBRE1JTiJdfQ.At9SvE3S7sBAdmoGG_6S8IXnxPg4Ys6LLpNUBMEHL4GOHLzAlWUUHOOQUjZc\
    fTV_utO_4DWIjbii2DF5v4FGww";

/// Signed by openssl: alice, an admin until the second 2,000,000,000.
pub(super) const FOREIGN_EDDSA: &str = "\
    eyJhbGciOiAiRWREU0EiLCAidHlwIjogIkpXVCJ9.eyJzdWIiOiAiYWxpY2UiLCAiZXhwIjogMjAwMDAwMDAwMCw\
    gInJvbGVzIjogWyJBRE1JTiJdfQ.baAlXO5aoQXA_JvV0szFU-ty0I_NYaUVlyQq3hB_-zLXLHYJoXYZrKKPoRDI\
    OQnXNPOGdC8cHQB_Zb3eHwfVBw";
