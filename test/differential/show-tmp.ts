import { readFileSync } from 'node:fs'
const base='/work/wt/apply/test/differential/'
const { caseFiles } = await import(base+'case-files.ts')
const { runCase } = await import(base+'exchange-case.ts')
const { startOurServer } = await import(base+'our-server.ts')
const { allowedDifference } = await import(base+'allowed-differences.ts')
const part = process.argv[2] ?? ''
function diff(a:any,b:any,p=''):string[]{
  if(JSON.stringify(a)===JSON.stringify(b))return []
  if(typeof a==='object'&&typeof b==='object'&&a&&b&&Array.isArray(a)===Array.isArray(b)){
    return [...new Set([...Object.keys(a),...Object.keys(b)])].flatMap(k=>diff(a[k],b[k],p+'/'+k))
  }
  return [`   ${p}\n      real: ${JSON.stringify(b)?.slice(0,700)}\n      ours: ${JSON.stringify(a)?.slice(0,700)}`]
}
let bad=0,all=0
for (const {file,cases} of caseFiles){ if(part && !file.includes(part)) continue
  const rec=JSON.parse(readFileSync(base+'recorded/'+file+'.json','utf8'))
  for(const [i,one] of cases.entries()){
    all++
    let ans:any; try{ ans=await runCase(startOurServer(),one,`case-${file}-${i}`)}catch(e){console.log('## '+one.name,e);bad++;continue}
    const norm=(x:any)=>JSON.parse(JSON.stringify(x))
    const out:string[]=[]
    for(const [j,step] of one.steps.entries()){
      const d=diff(norm(allowedDifference(ans[j])),norm(allowedDifference(rec[one.name]?.[j]??{})))
      if(d.length) out.push(` step ${j} ${step.method} ${step.path} ${JSON.stringify(step.body)?.slice(0,200)}\n${d.join('\n')}`)
    }
    if(out.length){bad++;console.log('## '+one.name+'\n'+out.join('\n'))}
  }}
console.log(`${bad} of ${all} differ`)
