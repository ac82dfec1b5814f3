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

#include "sha256.h"

#include <string.h>

static const uint32_t k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

void sha256_start(struct sha256 *s)
{
	static const uint32_t first[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(s->h, first, sizeof(first));
	s->size = 0;
}

static uint32_t turn(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static void mix(uint32_t *h, const uint8_t *block)
{
	uint32_t w[64], v[8], t, u;
	int i;

	for (i = 0; i < 16; i++) {
		memcpy(&t, block + 4 * i, 4);
		w[i] = __builtin_bswap32(t);
	}
	for (; i < 64; i++) {
		t = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3;
		u = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10;
		w[i] = w[i - 16] + t + w[i - 7] + u;
	}
	memcpy(v, h, sizeof(v));
	/* The words change their names each round instead of their places;
	 * an emulated processor feels the difference. */
#pragma GCC unroll 8
	for (i = 0; i < 64; i++) {
#define V(n) v[(n - i) & 7]
		t = turn(V(4), 6) ^ turn(V(4), 11) ^ turn(V(4), 25);
		t += V(7) + (V(6) ^ (V(4) & (V(5) ^ V(6)))) + k[i] + w[i];
		u = turn(V(0), 2) ^ turn(V(0), 13) ^ turn(V(0), 22);
		u += (V(0) & V(1)) ^ (V(0) & V(2)) ^ (V(1) & V(2));
		V(3) += t;
		V(7) = t + u;
#undef V
	}
	for (i = 0; i < 8; i++)
		h[i] += v[i];
}

void sha256_add(struct sha256 *s, const void *data, size_t n)
{
	const uint8_t *from = data;

	while (n) {
		size_t at = s->size % 64, some = n < 64 - at ? n : 64 - at;

		if (some == 64) {
			mix(s->h, from);
		} else {
			memcpy(s->block + at, from, some);
			if (at + some == 64)
				mix(s->h, s->block);
		}
		s->size += some;
		from += some;
		n -= some;
	}
}

void sha256_words(struct sha256 *s, char words[DIGEST_MAX])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789+/";
	uint64_t bits = __builtin_bswap64(s->size * 8);
	uint8_t d[33] = { 0 };
	char *to;
	int i;

	sha256_add(s, "\x80", 1);
	while (s->size % 64 != 56)
		sha256_add(s, "", 1);
	sha256_add(s, &bits, 8);
	for (i = 0; i < 32; i++)
		d[i] = s->h[i / 4] >> (24 - 8 * (i % 4));
	to = stpcpy(words, "sha-256=:");
	for (i = 0; i < 33; i += 3) {
		uint32_t three = d[i] << 16 | d[i + 1] << 8 | d[i + 2];

		*to++ = letters[three >> 18];
		*to++ = letters[three >> 12 & 63];
		*to++ = letters[three >> 6 & 63];
		*to++ = letters[three & 63];
	}
	/* 32 bytes are 43 letters and one that fills up. */
	strcpy(to - 1, "=:");
}
