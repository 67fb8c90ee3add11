# SPDX-License-Identifier: Apache-2.0
# gnuplot -c plot.gp RESULTS.tsv PLOT.svg TITLE [envelope]: speed over size, a panel for each algorithm.
# With envelope, that of what afalg can choose from is drawn in.
results = ARG1
has_envelope = ARG4 eq "envelope"
only_awk = "<awk -F'\\t' 'NR > 1 && "
algorithms = system("awk -F'\\t' 'NR > 1 && !seen[$1]++ { print $1 }' " . results)
peers(algorithm) = system(sprintf("awk -F'\\t' '$1 == \"%s\" && !seen[$3]++ { printf \"\\\"%%s\\\" \", $3 }' %s", \
    algorithm, results))

# Size and speed of one algorithm and peer; and of the faster of default and bare device.
of(algorithm, peer) = only_awk . sprintf("$1 == \"%s\" && $3 == \"%s\" { print $2, $4 }' %s", \
    algorithm, peer, results)
envelope(algorithm) = only_awk . sprintf("$1 == \"%s\" && ($3 == \"default\" || $3 == \"two system calls\") \
    { if ($4 > best[$2]) best[$2] = $4 } END { for (size in best) print size, best[size] }' %s | sort -n", \
    algorithm, results)
colour(i) = word("#d62728 #1f77b4 #2ca02c #9467bd #ff7f0e", i)

panels = words(algorithms)
columns = panels > 1 ? 3 : 1
set terminal svg size 620 * columns, 500 * ceil(panels / (1.0 * columns)) font "sans,13" noenhanced background "white"
set output ARG2
set logscale x 2
set logscale y 10
set xtics ("16" 16, "64" 64, "256" 256, "1K" 1024, "4K" 4096, "16K" 16384, "64K" 65536)
set xrange [12:90000]
set grid
set key below horizontal samplen 2 width -2
set xlabel "bytes per message" offset 0,0.3
set ylabel "MB/s"
set multiplot layout ceil(panels / (1.0 * columns)), columns title ARG3
do for [algorithm in algorithms] {
    set title algorithm
    peer = peers(algorithm)
    plot for [j=1:has_envelope] envelope(algorithm) using 1:2 \
            with lines lw 9 lc rgb "#cccccc" title "faster of default and device", \
        for [i=1:words(peer)] of(algorithm, word(peer, i)) using 1:2 \
            with linespoints lw (i == 1 ? 2.5 : 1.2) pt i ps 0.6 lc rgb colour(i) title word(peer, i)
}
unset multiplot
