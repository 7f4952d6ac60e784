/* Prints the layout of alimi_result_t as this compiler sees it, also where the program packs structures. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#if PACK == 1
#pragma pack(1)
#elif PACK == 2
#pragma pack(2)
#elif PACK == 8
#pragma pack(8)
#endif
#include <alimi.h>

#define MEMBER(name) printf(#name " %d\n", (int)offsetof(alimi_result_t, name))

int main(void)
{
    MEMBER(size);
    MEMBER(state);
    MEMBER(channel);
    MEMBER(certainty);
    MEMBER(attempts);
    MEMBER(reason);
    MEMBER(key);
    MEMBER(account);
    MEMBER(gateway);
    MEMBER(gateway_id);
    MEMBER(gateway_code);
    MEMBER(created);
    MEMBER(sent);
    MEMBER(finished);
    MEMBER(text);
    printf("sizeof %d\n", (int)sizeof(alimi_result_t));
    return 0;
}
