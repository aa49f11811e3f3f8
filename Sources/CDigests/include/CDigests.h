// SHA-256 (FIPS 180-4 section 6.2) in C: the one language here in which the processor's own instructions for it can be used.
// Hashing each record three times in portable code would cost more than everything else that is done with it.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Writes the 32 bytes of the digest.
void cdrelay_sha256(const uint8_t *message, size_t count, uint8_t *digest);

// The same without special instructions: what other processors run, and what tests hold the fast one to.
void cdrelay_sha256_portable(const uint8_t *message, size_t count, uint8_t *digest);
