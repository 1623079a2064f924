# Sourced by the suite after its own support files. It writes one line per test into the file named by
# REWIND_UPSTREAM_LOG: what became of it, how long it took and which commands it sent. The runner reads that
# file; what the suite prints is for people.
#
#   outside <tab> command            sent between tests, to prepare them
#   begin <tab> name
#   end <tab> name <tab> passed|failed|ignored|skipped|broken <tab> ms <tab> commands <tab> message

set ::rewind_log [open $::env(REWIND_UPSTREAM_LOG) a]
fconfigure $::rewind_log -encoding utf-8 -buffering line
array set ::rewind_commands {}
array set ::rewind_outside {}
set ::rewind_in_test 0

# The commands that have subcommands; their first argument belongs to the name.
set ::rewind_containers {acl client cluster command config debug function latency memory module object pubsub
    script slowlog xgroup xinfo}

proc rewind_line {args} {
    set fields {}
    foreach field $args {
        lappend fields [string map [list "\t" " " "\n" " | " "\r" "" "\x00" ""] $field]
    }
    catch {puts $::rewind_log [join $fields "\t"]}
}

rename ::redis::__dispatch__ ::redis::rewind_dispatch
proc ::redis::__dispatch__ {id method args} {
    set name [string tolower $method]
    if {[info commands ::redis::__method__$method] eq {}} {
        set full $name
        if {$name in $::rewind_containers && [llength $args] > 0} {
            append full "|" [string tolower [lindex $args 0]]
        }
        # Random commands are a test's own business: only what looks like a name is kept.
        if {![regexp {^[a-z0-9_.|-]+$} $full]} {
        } elseif {$::rewind_in_test} {
            set ::rewind_commands($full) 1
        } elseif {![info exists ::rewind_outside($full)] && $full ni {function|flush script|flush}} {
            set ::rewind_outside($full) 1
            rewind_line outside $full
        }
    }
    # Against a running server the suite begins every block by flushing functions and scripts. A server
    # without them has none to flush.
    if {!$::rewind_in_test && $::external && $name in {function script} && [lindex $args 0] eq {flush}} {
        catch {::redis::rewind_dispatch $id $method {*}$args}
        return OK
    }
    tailcall ::redis::rewind_dispatch $id $method {*}$args
}

rename test rewind_test
proc test {name code {okpattern undefined} {tags {}}} {
    set before [list $::num_passed $::num_failed $::num_skipped $::num_aborted]
    array unset ::rewind_commands
    rewind_line begin $name
    set started [clock milliseconds]
    set ::rewind_in_test 1
    set status [catch {uplevel 1 [list rewind_test $name $code $okpattern $tags]} result options]
    set ::rewind_in_test 0
    set outcome broken
    set message $result
    foreach counter {num_passed num_failed num_skipped num_aborted} value $before what {passed failed skipped ignored} {
        if {[set ::$counter] > $value} { set outcome $what; set message {} }
    }
    if {$outcome eq {failed}} { set message [lrange [lindex $::tests_failed end] 1 end] }
    set elapsed [expr {[clock milliseconds] - $started}]
    rewind_line end $name $outcome $elapsed [join [lsort [array names ::rewind_commands]] ,] \
        [string range $message 0 400]
    return -options $options $result
}

# Settings that the judged server refuses at start so far. The suite would wait for such a server until the unit's
# time is over, so a block that asks for one is left out, on the reference as well.
set ::rewind_refused {appendonly yes cluster-enabled yes}

rename start_server rewind_start_server
proc start_server {options {code undefined}} {
    # An override is a list in a list, its value sometimes in braces of its own.
    set words [string map [list "{" " " "}" " "] $options]
    foreach {name value} $::rewind_refused {
        set at [lsearch -exact $words $name]
        if {$at >= 0 && [lindex $words $at+1] eq $value && !$::external} { return }
    }
    tailcall rewind_start_server $options $code
}
