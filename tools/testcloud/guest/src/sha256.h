/*
 * Licensed under the Apache License, Version 2.0 (the "License"); you may
 * not use this file except in compliance with the License. You may obtain
 * a copy of the License at
 *
 *      http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
 * WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
 * License for the specific language governing permissions and limitations
 * under the License.
 */
#pragma once

/* SHA-256 (FIPS 180-4), as the header Content-Digest tells it. */
#include <stddef.h>
#include <stdint.h>

#define DIGEST_MAX 64

struct sha256 {
	uint32_t h[8];
	uint64_t size;
	uint8_t block[64];
};

void sha256_start(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t n);
/* Write "sha-256=:BASE64:", the words of RFC 9530. */
void sha256_words(struct sha256 *s, char words[DIGEST_MAX]);
