"""What a native binary is for, read from its own headers: platform, and the oldest system that runs it."""

import re
import struct
from collections import namedtuple

# `platform` as `azext/build --binary` names it, `tag` as a wheel's file name has it.
Binary = namedtuple('Binary', 'platform tag')

_ELF_MACHINES = {62: 'x86_64', 183: 'aarch64'}
_MACH_MACHINES = {0x01000007: 'x86_64', 0x0100000C: 'arm64'}
_PE_MACHINES = {0x8664: ('x86_64', 'win_amd64'), 0xAA64: ('arm64', 'win_arm64')}


class BinaryFormatError(Exception):
    """A file that is no binary, or one for a platform that nobody here knows."""


def inspect_binary(path):
    """The platform and the wheel tag of the binary at this path."""
    with open(path, 'rb') as file:
        content = file.read()
    try:
        if content[:4] == b'\x7fELF':
            return _elf(content)
        if content[:4] == b'\xcf\xfa\xed\xfe':
            return _mach_o(content)
        if content[:2] == b'MZ':
            return _pe(content)
    except (struct.error, KeyError, IndexError):
        raise BinaryFormatError(f'{path} is a binary for a platform that is not known here')
    raise BinaryFormatError(f'{path} is not a binary')


def _elf(content):
    if content[4:6] != b'\x02\x01' or content[7] not in (0, 3):
        raise KeyError('not 64 bits, little endian, of Linux')
    machine = _ELF_MACHINES[struct.unpack_from('<H', content, 18)[0]]
    platform = f"linux_{machine}"
    (program_headers,) = struct.unpack_from('<Q', content, 32)
    size, count = struct.unpack_from('<HH', content, 54)
    kinds = {struct.unpack_from('<I', content, program_headers + number * size)[0] for number in range(count)}
    interpreted = 3 in kinds
    if not interpreted:
        # Static: it runs with any libc. Only glibc's pips take a manylinux tag, only musl's a musllinux one.
        return Binary(platform, 'manylinux_2_17_{0}.musllinux_1_1_{0}'.format(machine))
    needed = [tuple(int(part) for part in version.split('.')) for version in _elf_versions(content) if version]
    if not needed:
        raise KeyError('linked with another libc than glibc')
    return Binary(platform, 'manylinux_{}_{}_{}'.format(*max(needed + [(2, 17)])[:2], machine))


def _elf_versions(content):
    """Every glibc version that a symbol is needed of (`GLIBC_2.34` as `2.34`), from the section `.gnu.version_r`."""
    (sections,) = struct.unpack_from('<Q', content, 40)
    size, count = struct.unpack_from('<HH', content, 58)
    headers = [struct.unpack_from('<IIQQQQIIQQ', content, sections + number * size) for number in range(count)]
    for _, kind, _, _, offset, _, link, files, _, _ in headers:
        if kind != 0x6FFFFFFE:
            continue
        strings = headers[link][4]
        for _ in range(files):
            _, versions, _, first, following = struct.unpack_from('<HHIII', content, offset)
            entry = offset + first
            for _ in range(versions):
                _, _, _, name, following_entry = struct.unpack_from('<IHHII', content, entry)
                end = content.index(b'\0', strings + name)
                found = re.match(r'GLIBC_(\d+\.\d+)', content[strings + name : end].decode())
                if found:
                    yield found.group(1)
                entry += following_entry
            offset += following


def _mach_o(content):
    machine = _MACH_MACHINES[struct.unpack_from('<I', content, 4)[0]]
    (commands,) = struct.unpack_from('<I', content, 16)
    offset, oldest = 32, None
    for _ in range(commands):
        command, size = struct.unpack_from('<II', content, offset)
        if command == 0x32:
            (oldest,) = struct.unpack_from('<I', content, offset + 12)
        elif command == 0x24:
            (oldest,) = struct.unpack_from('<I', content, offset + 8)
        offset += size
    if oldest is None:
        raise KeyError('it does not say for which macOS it is')
    major, minor = oldest >> 16, oldest >> 8 & 0xFF
    return Binary(f"macos_{machine}", f'macosx_{major}_{0 if major > 10 else minor}_{machine}')


def _pe(content):
    (header,) = struct.unpack_from('<I', content, 0x3C)
    if content[header : header + 4] != b'PE\0\0':
        raise KeyError('not a program of Windows')
    machine, tag = _PE_MACHINES[struct.unpack_from('<H', content, header + 4)[0]]
    return Binary(f"windows_{machine}", tag)
