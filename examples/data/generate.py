#!/usr/bin/env python3
"""Writes appointments.csv: 1,000 invented appointments of five invented institutions, in CP949.

    python3 examples/data/generate.py            writes the file beside this script
    python3 examples/data/generate.py -          writes it to standard output

Always the same bytes: the random numbers are made here, so no version of Python changes them. The numbers lie in the
sandbox's range, where the last two digits choose what happens to a message (README, "Sandbox"). No field holds a
comma, a quotation mark or a backslash, so that a C program can split the lines by hand.
"""

import os
import sys

# code, name, departments. 똠, 펲 and 햏 stand outside KS X 1001: CP949 has them, strict EUC-KR has not.
INSTITUTIONS = [
    ("naru", "가온나루병원", ["내과", "정형외과", "안과", "이비인후과"]),
    ("ttom", "똠방한의원", ["한방내과", "침구과"]),
    ("haet", "햏살소아청소년과의원", ["소아청소년과", "예방접종실"]),
    ("pep", "펲나무재활의원", ["재활의학과", "펲치료실"]),
    ("dol", "돌담아래치과의원", ["치과", "교정과", "구강악안면외과"]),
]
SURNAMES = "김이박최정강조윤장임한오서신권황안송류홍"
GIVEN_NAMES = ["하늘", "바다", "가람", "누리", "다온", "라온", "미르", "보람", "새롬", "아름", "이든", "지우", "찬솔", "태오", "푸름", "한결"]
RARE_NAMES = ["똠이", "펲결", "햏빛", "뷁산", "찦들"]
DOCTORS = ["강솔", "남도윤", "문별", "백하람", "서이안", "유단", "주아라", "표온"]

# The last two digits and how many of the 1,000 have them; all others are delivered by AlimTalk.
FATES = {10: 38, 11: 7, 12: 6, 13: 2, 15: 1, 16: 6, 17: 2, 20: 4, 21: 3, 30: 3, 31: 2, 32: 2, 34: 2, 40: 5, 41: 2, 42: 1}
PLAIN = [n for n in range(100) if n < 10 or 27 <= n <= 29 or 36 <= n <= 39 or n >= 50]
DAYS = ["2026-12-%02d" % day for day in (1, 2, 3, 4, 7, 8, 9, 10, 11, 14)]
COUNT = 1000


class Dice:
    """A linear congruential generator: plain, portable, the same for ever."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % limit

    def pick(self, choices):
        return choices[self.below(len(choices))]


def endings(dice):
    """The last two digits of every number, in random order."""
    result = [ending for ending, count in FATES.items() for _ in range(count)]
    result += [dice.pick(PLAIN) for _ in range(COUNT - len(result))]
    for i in range(COUNT - 1, 0, -1):
        j = dice.below(i + 1)
        result[i], result[j] = result[j], result[i]
    return result


def phone(dice, ending):
    """The number as the clerks of three programs would have typed it."""
    last = "%02d%02d" % (dice.below(100), ending)
    return dice.pick(["010-0000-%s"] * 8 + ["0100000%s", "+82 10-0000-%s"]) % last


def rows():
    dice = Dice(20261201)
    yield ["예약번호", "기관코드", "기관명", "환자명", "전화번호", "진료과", "의사", "예약일", "예약시간"]
    for index, ending in enumerate(endings(dice)):
        code, name, departments = dice.pick(INSTITUTIONS)
        day = DAYS[index * len(DAYS) // COUNT]
        number = "%s-%04d" % (day.replace("-", ""), index + 1)
        patient = dice.pick(SURNAMES) + dice.pick(RARE_NAMES if dice.below(25) == 0 else GIVEN_NAMES)
        time = "%02d:%02d" % (9 + dice.below(9), 10 * dice.below(6))
        yield [number, code, name, patient, phone(dice, ending), dice.pick(departments), dice.pick(DOCTORS), day, time]


def main():
    data = "".join(",".join(row) + "\r\n" for row in rows()).encode("cp949")
    if sys.argv[1:] == ["-"]:
        sys.stdout.buffer.write(data)
    else:
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "appointments.csv"), "wb") as file:
            file.write(data)


main()
