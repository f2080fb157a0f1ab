/*
 * bcryptprimitives.dll for Wine 8, which has none: the one function that Rust's standard library takes from it.
 * Stands beside the tested programs; real Windows brings its own, and nothing of this ships.
 */
#include <windows.h>

/* RtlGenRandom under the only name that advapi32 exports. */
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    while (length > 0) {
        ULONG chunk = length > 0x40000000 ? 0x40000000 : (ULONG)length;
        if (!SystemFunction036(buffer, chunk))
            return FALSE;
        buffer += chunk;
        length -= chunk;
    }
    return TRUE;
}
