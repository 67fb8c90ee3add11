/* SPDX-License-Identifier: Apache-2.0 */
/* The trials of the differential test, one function per kind of algorithm. */
#ifndef TEST_EVP_DIFFERENTIAL_H
#define TEST_EVP_DIFFERENTIAL_H

#include "algorithms.h"
#include "trial.h"

typedef void trial_fn(struct trial *trial, const struct algorithm *algorithm);

trial_fn trial_cipher;
trial_fn trial_record; /* a part of the trials of ciphers */
trial_fn trial_aead;
trial_fn trial_tls; /* a part of the trials of AEAD */
trial_fn trial_digest;
trial_fn trial_mac;

/* Names, aliases, parameters and flags of an algorithm; libctx is where the subject is. */
void trial_attributes(struct trial *trial, const struct algorithm *algorithm, OSSL_LIB_CTX *libctx);

#endif
