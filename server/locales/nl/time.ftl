# Datums en duur.

time-date =
    { $day } { $month ->
        [1] januari
        [2] februari
        [3] maart
        [4] april
        [5] mei
        [6] juni
        [7] juli
        [8] augustus
        [9] september
        [10] oktober
        [11] november
       *[12] december
    } { $year } om { $time } ({ $zone })
time-seconds =
    { $count ->
        [one] { $count } seconde
       *[other] { $count } seconden
    }
time-minutes =
    { $count ->
        [one] { $count } minuut
       *[other] { $count } minuten
    }
time-hours =
    { $count ->
        [one] { $count } uur
       *[other] { $count } uur
    }
time-days =
    { $count ->
        [one] { $count } dag
       *[other] { $count } dagen
    }
