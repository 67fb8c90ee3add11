/* SPDX-License-Identifier: Apache-2.0 */
/* The offload device of the test machine, virtio-crypto, as the kernel itself tells of it. */
#ifndef TEST_HW_DEVICE_H
#define TEST_HW_DEVICE_H

/* Its one cipher driver, for cbc(aes). */
#define DEVICE_DRIVER "virtio_crypto_aes_cbc"

/*
 * References to the driver in /proc/crypto: one of its own, and one for each transform that lives.
 * Ends the program if the driver isn't there.
 */
unsigned long device_references(void);

/*
 * Interrupts of the device since the machine started, on all processors; each request that it does
 * ends in one. Ends the program if no device is bound to the driver.
 */
unsigned long device_interrupts(void);

#endif
