/* SPDX-License-Identifier: GPL-2.0 OR LGPL-2.1-or-later */
/*
 * The numbers of the ISM device protocol, as Linux' own driver uses them
 *
 * Needs no other header. The emulated function and the modules of the lab
 * include it too.
 */
#ifndef SELFTESTS_VFIO_ISM_ISM_PROTOCOL_H
#define SELFTESTS_VFIO_ISM_ISM_PROTOCOL_H

/* Data is written to BAR 0. Commands and responses have their place in BAR 2. */
#define ISM_BAR_DATA		0
#define ISM_BAR_COMMAND		2

enum ism_command_code {
	ISM_REG_SBA		= 0x01,
	ISM_REG_IEQ		= 0x02,
	ISM_READ_GID		= 0x03,
	ISM_ADD_VLAN_ID		= 0x04,
	ISM_DEL_VLAN_ID		= 0x05,
	ISM_SET_VLAN		= 0x06,
	ISM_RESET_VLAN		= 0x07,
	ISM_QUERY_INFO		= 0x08,
	ISM_QUERY_RGID		= 0x09,
	ISM_REG_DMB		= 0x0a,
	ISM_UNREG_DMB		= 0x0b,
	ISM_SIGNAL_IEQ		= 0x0e,
	ISM_UNREG_SBA		= 0x11,
	ISM_UNREG_IEQ		= 0x12,
};

/* An address in BAR 0: the token of the DMB, a mask bit, signal, the offset */
#define ISM_ELEMENT_SHIFT	24
#define ISM_SIGNAL_SHIFT	23

/* Status buffer (SBA): flags, a bit for each DMB, a mask for each DMB */
#define ISM_SBA_SIGNAL		0x80000000
#define ISM_SBA_EVENT		0x40000000
#define ISM_SBA_SIZE		4096
#define ISM_NR_DMBS		1920

/* Event queue (IEQ): a header, then the entries */
#define ISM_IEQ_ENTRIES		15

enum ism_event_type {
	ISM_EVENT_BUFFER	= 0,
	ISM_EVENT_DEVICE	= 1,
	ISM_EVENT_SOFTWARE	= 2,
};

enum ism_event_code {
	ISM_CODE_DMB_UNREGISTERED	= 4,	/* of ISM_EVENT_BUFFER */
	ISM_CODE_GID_DISABLED		= 7,	/* of ISM_EVENT_DEVICE */
};

#endif
