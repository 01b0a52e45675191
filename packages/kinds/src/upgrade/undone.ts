/** Whether what was there is gone, or has to be looked at again. */
export type Undone = 'undone' | 'notYet'
