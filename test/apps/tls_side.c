/* SPDX-License-Identifier: Apache-2.0 */
#include "tls_side.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "support.h"

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (extension == NULL || X509_add_ext(certificate, extension, -1) != 1)
        die("no certificate");
    X509_EXTENSION_free(extension);
}

static X509 *self_signed(OSSL_LIB_CTX *libctx, EVP_PKEY *key, const char *name)
{
    X509 *certificate = X509_new_ex(libctx, NULL);
    X509_NAME *subject = X509_NAME_new();

    if (X509_set_version(certificate, X509_VERSION_3) != 1 ||
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) != 1 ||
        X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) == NULL ||
        X509_gmtime_adj(X509_getm_notAfter(certificate), 3600L * 24) == NULL ||
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1,
                                   0) != 1 ||
        X509_set_subject_name(certificate, subject) != 1 ||
        X509_set_issuer_name(certificate, subject) != 1 || X509_set_pubkey(certificate, key) != 1)
        die("no certificate");
    X509_NAME_free(subject);
    add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    if (X509_sign(certificate, key, EVP_sha256()) == 0)
        die("no certificate");
    return certificate;
}

static void add_identity(struct identity *identity, int i, EVP_PKEY *key, const char *name)
{
    if (key == NULL)
        die("no key");
    identity->key[i] = key;
    identity->certificate[i] = self_signed(identity->libctx, key, name);
}

struct identity identity_new(bool with_rsa)
{
    struct identity identity = { .libctx = oracle_open() };

    if (with_rsa)
        add_identity(&identity, 0, EVP_PKEY_Q_keygen(identity.libctx, NULL, "RSA", (size_t)2048),
                     "RSA");
    add_identity(&identity, 1, EVP_PKEY_Q_keygen(identity.libctx, NULL, "EC", "P-256"), "ECDSA");
    return identity;
}

void identity_free(struct identity *identity)
{
    for (int i = 0; i < 2; i++) {
        EVP_PKEY_free(identity->key[i]);
        X509_free(identity->certificate[i]);
    }
    OSSL_LIB_CTX_free(identity->libctx);
}

/* Copies that belong to another library context. */
static X509 *certificate_in(OSSL_LIB_CTX *libctx, const X509 *certificate)
{
    X509 *copy = X509_new_ex(libctx, NULL);
    unsigned char *der = NULL;
    const unsigned char *at;
    int len = i2d_X509(certificate, &der);

    at = der;
    if (copy == NULL || len < 0 || d2i_X509(&copy, &at, len) == NULL)
        die("no certificate");
    OPENSSL_free(der);
    return copy;
}

static EVP_PKEY *key_in(OSSL_LIB_CTX *libctx, EVP_PKEY *key)
{
    BIO *pem = BIO_new(BIO_s_mem());
    EVP_PKEY *copy;

    if (pem == NULL || PEM_write_bio_PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL) != 1)
        die("no key");
    copy = PEM_read_bio_PrivateKey_ex(pem, NULL, NULL, NULL, libctx, NULL);
    BIO_free(pem);
    return copy;
}

static void use_identity(SSL_CTX *ctx, OSSL_LIB_CTX *libctx, const struct identity *identity)
{
    for (int i = identity->key[0] == NULL; i < 2; i++) {
        X509 *certificate = certificate_in(libctx, identity->certificate[i]);
        EVP_PKEY *key = key_in(libctx, identity->key[i]);

        if (SSL_CTX_use_certificate(ctx, certificate) != 1 || SSL_CTX_use_PrivateKey(ctx, key) != 1)
            die("identity refused");
        X509_free(certificate);
        EVP_PKEY_free(key);
    }
}

static void trust_identity(SSL_CTX *ctx, OSSL_LIB_CTX *libctx, const struct identity *identity)
{
    for (int i = identity->key[0] == NULL; i < 2; i++) {
        X509 *certificate = certificate_in(libctx, identity->certificate[i]);

        if (X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), certificate) != 1)
            die("identity not trusted");
        X509_free(certificate);
    }
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
}

static SSL_CTX *context(const struct side *side, const SSL_METHOD *method)
{
    SSL_CTX *ctx = SSL_CTX_new_ex(side->libctx, side->properties, method);

    if (ctx == NULL || SSL_CTX_set_min_proto_version(ctx, 0) != 1 ||
        SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"pair", 4) != 1)
        die("no TLS context for %s", side->name);
    SSL_CTX_set_security_level(ctx, 0);
    return ctx;
}

struct side side_open(const char *name, OSSL_LIB_CTX *libctx, const char *properties,
                      const struct identity *identity)
{
    struct side side = { .name = name, .libctx = libctx, .properties = properties };

    side.server[0] = context(&side, TLS_server_method());
    side.client[0] = context(&side, TLS_client_method());
    side.server[1] = context(&side, DTLS_server_method());
    side.client[1] = context(&side, DTLS_client_method());
    for (int i = 0; i < 2; i++) {
        use_identity(side.server[i], libctx, identity);
        trust_identity(side.client[i], libctx, identity);
        SSL_CTX_set_dh_auto(side.server[i], 1);
        /* No cache: what is resumed is resumed by its ticket. */
        SSL_CTX_set_session_cache_mode(side.server[i], SSL_SESS_CACHE_OFF);
    }
    return side;
}

void side_close(struct side *side)
{
    for (int i = 0; i < 2; i++) {
        SSL_CTX_free(side->server[i]);
        SSL_CTX_free(side->client[i]);
    }
    OSSL_LIB_CTX_free(side->libctx);
}
